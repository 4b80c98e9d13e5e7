#include "gtn/data/unread.h"

#include <algorithm>
#include <cctype>

#include "gtn/core/quote.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNamed = 3;

bool is_description(const fs::path& name) {
  static const std::vector<std::string> stems = {"README", "LICENSE", "COPYING"},
                                        extensions = {".txt", ".md", ".html", ".pdf"};
  std::string stem = name.stem().string();
  std::ranges::transform(stem, stem.begin(), [](unsigned char c) { return std::toupper(c); });
  return std::ranges::count(stems, stem) > 0 || std::ranges::count(extensions, name.extension().string()) > 0;
}

}  // namespace

void add_unread(const fs::path& folder, const std::vector<std::string>& read, std::vector<std::string>& remarks) {
  std::vector<std::string> others;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && !is_description(name) && std::ranges::count(read, name) == 0) others.push_back(name);
  }
  if (others.empty() || read.empty()) return;
  std::ranges::sort(others);
  std::string remark = "not read, as " + read.front() + " and its like are the data set:";
  for (size_t i = 0; i < std::min(others.size(), kNamed); ++i) remark += (i > 0 ? ", " : " ") + gtn::quoted(others[i]);
  if (others.size() > kNamed) remark += " and " + std::to_string(others.size() - kNamed) + " more";
  remarks.push_back(remark);
}

}  // namespace gtn
