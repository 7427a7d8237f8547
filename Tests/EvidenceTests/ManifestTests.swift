import Digest
import Evidence
import Linux
import Testing

struct ManifestTests {
  @Test("SHA-256 has the values of FIPS 180-4")
  func digest() {
    #expect(
      SHA256.hex(of: "abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA256.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("A manifest that is read equals the one that was written")
  func roundTrip() throws {
    let manifest = Manifest(
      run: "a", statement: .init(role: .accepted, name: "Jane Doe", at: "2026-11-27T12:00:00Z"),
      review: SHA256.hex(of: "r".utf8),
      files: ["a  b": SHA256.hex(of: "1".utf8), "c": SHA256.hex(of: "2".utf8)])
    #expect(try Manifest(manifest.text, file: "m") == manifest)
  }

  @Test(
    "A line that Murphy doesn't write is refused with its number",
    arguments: [
      ("", 1), ("# murphy-manifest 2\n", 1), ("# murphy-manifest 1\n# run a\nabc  f\n", 3),
      ("# murphy-manifest 1\n# run a\n# run b\n", 3), ("# murphy-manifest 1\n", 1),
    ])
  func refused(_ text: String, _ line: Int) {
    do throws(EvidenceError) {
      _ = try Manifest(text, file: "m")
      Issue.record("it was read")
    } catch {
      guard case .line("m", line, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("sha256sum checks a manifest")
  func coreutils() throws {
    try withRunFolder { run in
      try run.folder.recordManifest()
      let command = ["env", "-C", run.path, "sha256sum", "--check", "--strict", "manifest.sha256"]
      #expect(try ChildProcess.run(command).success() == "events.jsonl: OK\nsamples.bin: OK\n")
      try run.write("other", to: "samples.bin")
      #expect(try ChildProcess.run(command).outputText.contains("samples.bin: FAILED\n"))
    }
  }
}
