/// The environment of programs that this package starts. It inherits nothing, so that tools print in one language and
/// programs come from the system's folders.
package enum ToolEnvironment {
  package static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  package static let bare = ["PATH": path, "LC_ALL": "C"]

  /// As `bare`, with root's home: for programs that read files of their user.
  package static let root = ["PATH": path, "LC_ALL": "C.UTF-8", "HOME": "/root"]
}
