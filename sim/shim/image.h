// The bytes of one memory. Pages that nobody wrote cost nothing (calloc maps zeros lazily), so an
// image of a few GB may be declared and filled only where the design looks.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace sterna {

class Image {
 public:
  explicit Image(uint64_t size)
      : size_(size), bytes_(static_cast<uint8_t*>(std::calloc(size ? size : 1, 1))) {
    if (!bytes_)
      throw std::runtime_error("out of memory for an image of " + std::to_string(size) + " bytes");
  }
  ~Image() { std::free(bytes_); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  uint64_t size() const { return size_; }
  uint8_t* at(uint64_t offset) { return bytes_ + offset; }
  bool holds(uint64_t offset, uint64_t length) const {
    return length <= size_ && offset <= size_ - length;
  }

  void write(uint64_t offset, const uint8_t* data, uint64_t length) {
    check(offset, length);
    if (length) std::memcpy(bytes_ + offset, data, length);
  }

  void read(uint64_t offset, uint8_t* out, uint64_t length) const {
    check(offset, length);
    if (length) std::memcpy(out, bytes_ + offset, length);
  }

  // Reads straight from a file: neither the script nor a pipe has to carry the bytes.
  void load(uint64_t offset, const std::string& path, uint64_t from, uint64_t length) {
    check(offset, length);
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) throw std::runtime_error("file \"" + path + "\" does not open");
    const bool sought = fseeko(file, static_cast<off_t>(from), SEEK_SET) == 0;
    const uint64_t got = sought ? std::fread(bytes_ + offset, 1, length, file) : 0;
    std::fclose(file);
    if (got != length) {
      throw std::runtime_error("file \"" + path + "\" gave " + std::to_string(got) + " bytes of " +
                               std::to_string(length));
    }
  }

 private:
  void check(uint64_t offset, uint64_t length) const {
    if (!holds(offset, length)) {
      throw std::runtime_error("bytes " + std::to_string(offset) + " to " +
                               std::to_string(offset + length) + " are outside the image of " +
                               std::to_string(size_) + " bytes");
    }
  }

  uint64_t size_;
  uint8_t* bytes_;
};

}  // namespace sterna
