// Prints the headers of a signed request: java Sign.java KEY_FILE METHOD TARGET [BODY_FILE]. Java 17, no libraries; SM3 by GB/T 32905.
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;

public final class Sign {
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 3 || arguments.length > 4) {
      System.err.println("usage: Sign.java KEY_FILE METHOD TARGET [BODY_FILE]");
      System.exit(2);
    }
    String[] key = Files.readString(Path.of(arguments[0])).trim().split("\\s+");
    byte[] body = arguments.length == 4 ? Files.readAllBytes(Path.of(arguments[3])) : new byte[0];
    String algorithm = setting("QJ_ALGORITHM", "QJ1-HMAC-SHA256");
    String timestamp = setting("QJ_TIMESTAMP", Long.toString(System.currentTimeMillis() / 1000));
    String nonce = setting("QJ_NONCE", newNonce());
    String onBehalfOf = setting("QJ_ON_BEHALF_OF", "");
    String text = stringToSign(algorithm, arguments[1], arguments[2], timestamp, nonce, onBehalfOf, body);
    byte[] tag = hmac(algorithm, key[1].getBytes(StandardCharsets.US_ASCII), text.getBytes(StandardCharsets.UTF_8));
    System.out.println("X-Access-Key: " + key[0]);
    System.out.println("X-Timestamp: " + timestamp);
    System.out.println("X-Nonce: " + nonce);
    System.out.println("X-Signature: " + algorithm + " " + HexFormat.of().formatHex(tag));
    if (!onBehalfOf.isEmpty()) System.out.println("X-On-Behalf-Of: " + onBehalfOf);
  }

  static String setting(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  static String newNonce() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String stringToSign(String algorithm, String method, String target, String timestamp, String nonce, String onBehalfOf, byte[] body) throws Exception {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    String query = mark < 0 ? "" : target.substring(mark + 1);
    String digest = HexFormat.of().formatHex(hash(algorithm, body));
    return String.join("\n", algorithm, method, path, canonicalQuery(query), timestamp, nonce, onBehalfOf, digest);
  }

  static String canonicalQuery(String query) {
    var pairs = new ArrayList<String[]>();
    for (String piece : query.split("&")) {
      if (piece.isEmpty()) continue;
      int at = piece.indexOf('=');
      pairs.add(at < 0 ? new String[] {encodedAgain(piece), ""} : new String[] {encodedAgain(piece.substring(0, at)), encodedAgain(piece.substring(at + 1))});
    }
    pairs.sort(Comparator.<String[], String>comparing(pair -> pair[0]).thenComparing(pair -> pair[1]));
    var out = new ArrayList<String>();
    for (String[] pair : pairs) out.add(pair[0] + "=" + pair[1]);
    return String.join("&", out);
  }

  // Every byte once more by RFC 3986; "+" is a space.
  static String encodedAgain(String text) {
    byte[] sent = text.getBytes(StandardCharsets.UTF_8);
    var out = new StringBuilder();
    for (int i = 0; i < sent.length; i++) {
      int b = sent[i] & 0xff;
      if (b == '%') {
        b = Integer.parseInt(new String(sent, i + 1, 2, StandardCharsets.US_ASCII), 16);
        i += 2;
      } else if (b == '+') {
        b = ' ';
      }
      boolean stays = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~';
      out.append(stays ? String.valueOf((char) b) : String.format("%%%02X", b));
    }
    return out.toString();
  }

  static byte[] hash(String algorithm, byte[] message) throws Exception {
    return switch (algorithm) {
      case "QJ1-HMAC-SHA256" -> MessageDigest.getInstance("SHA-256").digest(message);
      case "QJ1-HMAC-SM3" -> sm3(message);
      default -> throw new IllegalArgumentException("QJ_ALGORITHM is QJ1-HMAC-SHA256 or QJ1-HMAC-SM3");
    };
  }

  // RFC 2104, for a key shorter than a block, as ours is.
  static byte[] hmac(String algorithm, byte[] key, byte[] message) throws Exception {
    byte[] inner = new byte[64], outer = new byte[64];
    for (int i = 0; i < 64; i++) {
      int k = i < key.length ? key[i] : 0;
      inner[i] = (byte) (k ^ 0x36);
      outer[i] = (byte) (k ^ 0x5c);
    }
    return hash(algorithm, joined(outer, hash(algorithm, joined(inner, message))));
  }

  static byte[] joined(byte[] first, byte[] second) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }

  static byte[] sm3(byte[] message) {
    int[] v = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
    ByteBuffer padded = ByteBuffer.allocate((message.length + 9 + 63) / 64 * 64);
    padded.put(message).put((byte) 0x80);
    padded.putLong(padded.capacity() - 8, message.length * 8L);
    padded.rewind();
    int[] w = new int[68];
    while (padded.hasRemaining()) {
      for (int j = 0; j < 16; j++) w[j] = padded.getInt();
      for (int j = 16; j < 68; j++) w[j] = p1(w[j - 16] ^ w[j - 9] ^ Integer.rotateLeft(w[j - 3], 15)) ^ Integer.rotateLeft(w[j - 13], 7) ^ w[j - 6];
      int a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
      for (int j = 0; j < 64; j++) {
        int turned = Integer.rotateLeft(a, 12);
        int ss1 = Integer.rotateLeft(turned + e + Integer.rotateLeft(j < 16 ? 0x79cc4519 : 0x7a879d8a, j), 7);
        int tt1 = (j < 16 ? a ^ b ^ c : a & b | a & c | b & c) + d + (ss1 ^ turned) + (w[j] ^ w[j + 4]);
        int tt2 = (j < 16 ? e ^ f ^ g : e & f | ~e & g) + h + ss1 + w[j];
        d = c;
        c = Integer.rotateLeft(b, 9);
        b = a;
        a = tt1;
        h = g;
        g = Integer.rotateLeft(f, 19);
        f = e;
        e = tt2 ^ Integer.rotateLeft(tt2, 9) ^ Integer.rotateLeft(tt2, 17);
      }
      int[] next = {a, b, c, d, e, f, g, h};
      for (int i = 0; i < 8; i++) v[i] ^= next[i];
    }
    ByteBuffer out = ByteBuffer.allocate(32);
    for (int word : v) out.putInt(word);
    return out.array();
  }

  static int p1(int x) {
    return x ^ Integer.rotateLeft(x, 15) ^ Integer.rotateLeft(x, 23);
  }
}
