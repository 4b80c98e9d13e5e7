// Zip archives in memory, as far as numpy writes them (PKWARE's APPNOTE, 4.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gtn {

struct ZipEntry {
  std::string name;
  uint16_t method;  // 0: stored, 8: deflated
  bool encrypted;
  uint32_t checksum;      // CRC-32 of the content
  uint64_t packed, size;  // bytes in the archive, and of the content
  uint64_t header;        // where its local header begins
};

// The directory of an archive. Throws a failure at `where` where `bytes` are no zip archive, or one that is cut short,
// goes over several files, is larger than 4 GiB (zip64), or whose entries announce more than that together: several may
// share one piece of deflated bytes.
std::vector<ZipEntry> zip_entries(std::string_view bytes, const std::string& where);

// The content of an entry of the same archive. Throws a failure at `where` where it is encrypted or packed by another
// method, announces more than its bytes could hold, is damaged, or its check sum differs.
std::string zip_content(std::string_view bytes, const ZipEntry& entry, const std::string& where);

}  // namespace gtn
