package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.raft.Membership;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The identity file: as it is, and with a line of its checksum behind it.
public final class IdentityTarget implements Target {

  private static final int CONSTANT_BYTES = 64 << 10;
  private static final Path FILE = Sealed.DIRECTORY.resolve(IdentityFile.NAME);

  @Override
  public String name() {
    return "identity";
  }

  @Override
  public List<byte[]> seeds() {
    Identity owner = new Identity(-1L, 77);
    Optional<Membership> members = Optional.of(Membership.of(1, 77));
    byte[] file = written(new IdentityFile(owner, 5, Optional.empty(), Optional.empty()));
    byte[] founded = written(new IdentityFile(owner, -5, members, Optional.empty()));
    String text = new String(file, StandardCharsets.ISO_8859_1);
    int checked = text.indexOf("checksum");
    String nobody = text.substring(0, checked).replace("f".repeat(16), "0".repeat(16));
    return List.of(
        file,
        founded,
        written(new IdentityFile(owner, 5, Optional.empty(), members)),
        Arrays.copyOf(founded, founded.length - "checksum 01234567\n".length()),
        text.substring(0, checked).getBytes(StandardCharsets.ISO_8859_1),
        nobody.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static byte[] written(IdentityFile identity) {
    SimulatedDisk disk = new SimulatedDisk();
    identity.write(disk, Sealed.DIRECTORY);
    return disk.bytes(FILE);
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    int checksum = new Checksum().of(0, 0, ByteBuffer.wrap(input), 0, input.length);
    byte[] line =
        String.format(Locale.ROOT, "checksum %08x\n", checksum)
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] sealed = ByteBuffer.allocate(input.length + line.length).put(input).put(line).array();
    for (byte[] bytes : List.of(input, sealed)) {
      SimulatedDisk disk = new SimulatedDisk();
      disk.put(FILE, bytes);
      meter.measure(
          bytes.length,
          CONSTANT_BYTES,
          () -> {
            try {
              IdentityFile.read(disk, Sealed.DIRECTORY);
            } catch (StorageException.Corrupt | StorageException.ForeignFormat e) {
              // Declared.
            }
          });
    }
  }
}
