import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.util.List;

/**
 * Serves the MongoDB protocol on 127.0.0.1 from a file: {@code java -cp … Launch PORT FILE}. An orderly end (SIGTERM) writes
 * everything to the file; a kill loses what came last.
 */
public class Launch {
  /** Milliseconds after which a change is in the file. */
  private static final int commitDelay = 50;

  public static void main(String[] args) {
    int port = Integer.parseInt(args[0]);
    H2Backend backend = new H2Backend(args[1]);
    backend.getMvStore().setAutoCommitDelay(commitDelay);
    backend.version(new Version());
    MongoServer server = new MongoServer(backend);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    try {
      server.bind("127.0.0.1", port);
    } catch (Exception error) {
      // Its threads would keep the process running.
      System.err.println(error);
      System.exit(1);
    }
    System.out.println("listening on port " + port);
  }

  /** MongoDB 5.0's. By itself the server claims a version that today's drivers refuse. */
  private static class Version implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 13;
    }
  }
}
