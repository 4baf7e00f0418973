package org.elasticsearch.node;

import java.util.List;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.ClassPathPlugins;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/** A node whose plugins are given as objects. In this package because a node's construction is visible only here. */
public final class EmbeddedNode extends Node {
    public EmbeddedNode(Environment environment, List<Plugin> plugins) {
        super(NodeConstruction.prepareConstruction(environment, null, provider(plugins), true));
    }

    private static NodeServiceProvider provider(List<Plugin> plugins) {
        return new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment environment, PluginsLoader loader) {
                return new ClassPathPlugins(environment, plugins);
            }
        };
    }
}
