import Foundation
import Glibc
import Linux

/// nginx with its own certificates, in the network namespace of the thread that starts it.
final class WebSite {
  /// The certificate of the authority that signed the sites' certificates.
  var authority: String { "\(folder)/ca.pem" }
  private let folder: String
  private let server: ChildProcess

  /// Its ports are 8080 without TLS, 8443 with TLS and also HTTP/2, with a certificate by name, and 8444 with only HTTP/1.1.
  init() throws {
    let folder = "/tmp/murphy-site-\(UUID().uuidString)"
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Self.makeCertificates(folder)
    try checked("truncate", folder) {
      let big = open("\(folder)/big", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
      defer { close(big) }
      return ftruncate(big, 1 << 30)
    }
    try Data("a byte a second".utf8).write(to: URL(fileURLWithPath: "\(folder)/slow"))
    try Data(Self.configuration(folder).utf8).write(to: URL(fileURLWithPath: "\(folder)/nginx.conf"))
    server = try ChildProcess(["nginx", "-c", "\(folder)/nginx.conf"])
    for port in [8080, 8443, 8444] { try Self.awaitPort(port) }
  }

  func stop() throws {
    server.kill()
    try FileManager.default.removeItem(atPath: folder)
  }

  private static func awaitPort(_ port: Int) throws {
    _ = try ChildProcess.run(
      ["bash", "-c", "until : < /dev/tcp/127.0.0.1/\(port); do sleep 0.02; done 2> /dev/null"],
      within: .seconds(60)
    ).success()
  }

  /// A certificate for each name, signed by an authority of the test. `self` is signed by itself.
  private static func makeCertificates(_ folder: String) throws {
    let script = """
      cd \(folder)
      key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
      openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=authority -days 3
      openssl req -x509 $key -keyout self.key -out self.pem -subj /CN=self.example -days 3 \
        -addext subjectAltName=DNS:self.example
      for name in good expired; do
        openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name
        openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem \
          -days $([ $name = expired ] && echo 0 || echo 3) \
          -extfile <(echo "subjectAltName=DNS:$name.example")
      done
      """
    _ = try ChildProcess.run(["bash", "-ec", script], within: .seconds(60)).success()
  }

  private static func configuration(_ folder: String) -> String {
    func site(_ name: String, listen: String) -> String {
      "server { listen 127.0.0.1:\(listen); server_name \(name).example other.\(name).example; "
        + "ssl_certificate \(name).pem; ssl_certificate_key \(name).key; location / { return 200 \"secure $server_protocol\"; } }"
    }
    return """
      daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/errors;
      events { worker_connections 512; }
      http {
        access_log off;
        client_body_temp_path \(folder)/1; proxy_temp_path \(folder)/2; fastcgi_temp_path \(folder)/3;
        uwsgi_temp_path \(folder)/4; scgi_temp_path \(folder)/5;
        server {
          listen 127.0.0.1:8080; listen [::1]:8080; root \(folder);
          location / { return 200 "hello from $server_addr for $http_x_test at $host\\nboot=4711-a\\n"; }
          location = /away { return 302 /there; }
          location = /loop { return 302 /loop2; }
          location = /loop2 { return 302 /loop; }
          location ~ ^/far(.*)$ { return 302 /far1$1; }
          location = /big { default_type text/plain; }
          location = /slow { limit_rate 1; }
        }
        \(site("good", listen: "8443 ssl http2"))
        \(site("expired", listen: "8443 ssl http2"))
        \(site("self", listen: "8443 ssl http2"))
        \(site("good", listen: "8444 ssl"))
      }
      """
  }
}
