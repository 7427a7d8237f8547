import CLinux

/// The magic number of a path's file system, as in linux/magic.h: f_type of statfs(2).
package func fileSystemType(of path: String) throws(SystemError) -> Int64 {
  try checked("statfs", path) { clinux_file_system_type(path) }
}
