/// The environment of programs that this package starts. Nothing of the caller's gets into it, so that texts of tools are
/// in one language and programs come from the system's folders.
package enum ToolEnvironment {
  package static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// A PATH and the C locale.
  package static let bare = ["PATH": path, "LC_ALL": "C"]

  /// As root's: for programs that read files of their user.
  package static let root = ["PATH": path, "LC_ALL": "C.UTF-8", "HOME": "/root"]
}
