#include "gtn/core/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gtn {
namespace {

constexpr int64_t kLongest = 80;  // longer names are no typing slips, and the distance costs a product of lengths

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('.') + 1); }

int64_t allowed_edits(std::string_view known) {
  return known.size() <= 3 ? 1 : std::max<int64_t>(2, static_cast<int64_t>(known.size()) / 3);
}

}  // namespace

int64_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<int64_t> row(b.size() + 1), before, now(b.size() + 1);  // row: distances from a[0, i) to every b[0, j)
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    now[0] = row[0] + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      now[j + 1] = std::min({now[j] + 1, row[j + 1] + 1, row[j] + (a[i] == b[j] ? 0 : 1)});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) now[j + 1] = std::min(now[j + 1], before[j - 1] + 1);
    }
    before = std::exchange(row, now);
  }
  return row.back();
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  if (name.size() > static_cast<size_t>(kLongest)) return "";
  std::string best;
  int64_t fewest = kLongest + 1;
  for (const std::string& candidate : known) {
    const int64_t whole = edit_distance(name, candidate);
    const int64_t part = edit_distance(last_part(name), last_part(candidate)) + 1;  // the whole key goes first
    const bool whole_is_near = whole <= allowed_edits(candidate);
    const bool part_is_near = part <= allowed_edits(last_part(candidate));
    const int64_t edits = std::min(whole_is_near ? whole : fewest, part_is_near ? part : fewest);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

std::string hint(std::string_view name, const std::vector<std::string>& known, const std::string& otherwise) {
  const std::string near = nearest(name, known);
  return near.empty() ? otherwise : ", did you mean '" + near + "'?";
}

}  // namespace gtn
