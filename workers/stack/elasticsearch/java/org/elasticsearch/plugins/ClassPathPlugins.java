package org.elasticsearch.plugins;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.Version;
import org.elasticsearch.action.admin.cluster.node.info.PluginsAndModules;
import org.elasticsearch.env.Environment;

/**
 * Plugins that are on the class path instead of unpacked in folders with a descriptor each. In this package because
 * the types that describe a loaded plugin are visible only here.
 */
public final class ClassPathPlugins extends PluginsService {
    private final List<LoadedPlugin> plugins;

    public ClassPathPlugins(Environment environment, List<Plugin> plugins) {
        super(environment.settings(), environment.configDir(), new PluginsLoader(Set.of(), Set.of(), Map.of()));
        this.plugins = plugins.stream().map(ClassPathPlugins::loaded).toList();
    }

    // The constructor of PluginsService asks too, before the field is set.
    @Override
    protected List<LoadedPlugin> plugins() {
        return plugins == null ? List.of() : plugins;
    }

    @Override
    public PluginsAndModules info() {
        return new PluginsAndModules(plugins.stream().map(p -> new PluginRuntimeInfo(p.descriptor())).toList(), List.of());
    }

    private static LoadedPlugin loaded(Plugin plugin) {
        String name = plugin.getClass().getName();
        String version = Version.CURRENT.toString();
        String java = System.getProperty("java.specification.version");
        var descriptor =
                new PluginDescriptor(name, "On the class path", version, version, java, name, null, List.of(), false, false, false, false);
        return new LoadedPlugin(descriptor, plugin, plugin.getClass().getClassLoader());
    }
}
