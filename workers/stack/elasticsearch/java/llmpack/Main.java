package llmpack;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.EmbeddedNode;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/**
 * Runs one Elasticsearch node until SIGTERM, with the settings given as {@code name=value} arguments and the folder of
 * its configuration as the system property {@code es.path.conf}.
 */
public final class Main {
    // Closing takes about a second; past this the supervisor is about to kill the process anyway.
    private static final int CLOSE_SECONDS = 8;

    public static void main(String[] args) throws Exception {
        Map<String, String> given = new HashMap<>();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (equals < 1) throw new IllegalArgumentException("Not a setting (name=value): " + arg);
            given.put(arg.substring(0, equals), arg.substring(equals + 1));
        }
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
                Settings.EMPTY, given, Path.of(System.getProperty("es.path.conf")), () -> "llm-pack");
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(environment.settings()));
        LogConfigurator.registerErrorListener();
        LogConfigurator.configure(environment, true);

        Node node = new EmbeddedNode(
                environment, List.of(new Netty4Plugin(), new AnalysisPlugin(), new RootPlugin()));
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node, closed), "close"));
        node.start();
        closed.await();
    }

    private static void close(Node node, CountDownLatch closed) {
        try {
            node.prepareForClose();
            node.close();
            node.awaitClose(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            e.printStackTrace();
        } finally {
            closed.countDown();
        }
    }
}
