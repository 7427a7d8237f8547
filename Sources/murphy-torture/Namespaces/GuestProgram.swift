import Linux

/// The program of the guest under torture: the sector that it boots. It writes a letter to its serial port when it
/// begins and at each NMI, and halts. A reset therefore shows as another beginning.
enum GuestProgram {
  /// The letters on the serial port so far.
  struct Letters {
    var boots = 0
    var interrupts = 0

    init() {}

    /// - Parameter path: the file to which QEMU writes what the serial port sends.
    init(in path: String) throws(SystemError) {
      for letter in try DurableFile.read(path) {
        switch letter {
        case UInt8(ascii: "B"): boots += 1
        case UInt8(ascii: "N"): interrupts += 1
        default: break
        }
      }
    }
  }

  /// What QEMU's monitor shows while it is halted: the address after its hlt.
  static let rest = ["EIP=00007c19", "CS =0000"]

  /// The bytes of a disk with the sector, which a BIOS loads to 0x7C00.
  static let disk: [UInt8] = {
    var bytes: [UInt8] = [
      0x31, 0xC0,  // xor ax, ax
      0x8E, 0xD8,  // mov ds, ax
      0x8E, 0xD0,  // mov ss, ax
      0xBC, 0x00, 0x7C,  // mov sp, 0x7C00
      // The NMI is interrupt 2; its vector is at 8.
      0xC7, 0x06, 0x08, 0x00, 0x1B, 0x7C,  // mov word [8], 0x7C1B
      0xA3, 0x0A, 0x00,  // mov [10], ax
      0xBA, 0xF8, 0x03,  // mov dx, 0x3F8
      0xB0, UInt8(ascii: "B"),  // mov al, 'B'
      0xEE,  // out dx, al
      0xF4,  // hlt
      0xEB, 0xFD,  // jmp to the hlt
      // 0x7C1B:
      0x50,  // push ax
      0x52,  // push dx
      0xBA, 0xF8, 0x03,  // mov dx, 0x3F8
      0xB0, UInt8(ascii: "N"),  // mov al, 'N'
      0xEE,  // out dx, al
      0x5A,  // pop dx
      0x58,  // pop ax
      0xCF,  // iret
    ]
    bytes += [UInt8](repeating: 0, count: 510 - bytes.count) + [0x55, 0xAA]
    // A BIOS expects at least a cylinder.
    return bytes + [UInt8](repeating: 0, count: (1 << 20) - bytes.count)
  }()
}
