import CLinux
import Glibc

extension Descriptor {
  /// Opens a file for reads that return what is stored, not what the page cache has. Reads need aligned memory.
  ///
  /// A file system without O_DIRECT drops the file's part of the page cache instead.
  package init(readingColdly path: String) throws(SystemError) {
    let flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW
    let direct = clinux_open_direct(path, flags)
    if direct >= 0 {
      self.init(owning: direct)
      return
    }
    let code = errno
    guard code == EINVAL else { throw SystemError("open", path, errno: code) }
    let file = try Descriptor(open: path, flags)
    let advice = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
    if advice != 0 { throw SystemError("posix_fadvise", path, errno: advice) }
    self = file
  }

  /// The first offset from this one on that is not in a hole of a sparse file; nil if only a hole follows.
  package func nextData(from offset: Int64) -> Int64? {
    let data = clinux_next_data(number, offset)
    if data >= 0 { return data }
    // A file system that doesn't report its holes has data everywhere.
    return errno == ENXIO ? nil : offset
  }

  /// The ranges of a sparse file that are not in holes.
  ///
  /// - Parameter size: the file's size. A file system that doesn't report its holes has data everywhere.
  package func data(below size: Int64) -> [Range<Int64>] {
    var ranges: [Range<Int64>] = []
    var place: Int64 = 0
    while place < size, let begin = nextData(from: place), begin < size {
      let hole = clinux_next_hole(number, begin)
      let end = hole > begin ? min(hole, size) : size
      ranges.append(begin..<end)
      place = end
    }
    return ranges
  }
}
