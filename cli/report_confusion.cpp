// What a page shows of the confusions of a learner. The JSON may come from anywhere: only what has the shape of
// confusion_json() goes on.
#include <algorithm>

#include "cli/report_data.h"
#include "gtn/data/dataset.h"
#include "gtn/unroll/confusion.h"

namespace gtn {
namespace {

constexpr int64_t kMatrixClasses = 20;  // of more classes those with the most confusions
constexpr int64_t kMostCount = int64_t{1} << 40;

// The list of that name whose values are all as `is_right` says, of `size` where that is not negative.
template <class Test>
bool is_list(const Json& json, const char* name, Test is_right, int64_t size = -1) {
  return json.contains(name) && json[name].is_array() && (size < 0 || json[name].size() == static_cast<size_t>(size)) &&
         std::ranges::all_of(json[name], is_right);
}

bool is_count(const Json& json) {
  return json.is_number_integer() && json.get<double>() >= 0 && json.get<double>() < kMostCount;
}

bool has_count(const Json& json, const char* name) { return json.contains(name) && is_count(json[name]); }

bool is_text(const Json& json) { return json.is_string(); }

bool is_confusion(const Json& json) {
  if (!json.is_object() || !has_count(json, "of_classes") || !is_list(json, "names", is_text)) return false;
  const auto size = static_cast<int64_t>(json["names"].size());
  const auto is_row = [size](const Json& row) {
    return row.is_array() && row.size() == static_cast<size_t>(size) && std::ranges::all_of(row, is_count);
  };
  return size > 0 && size <= static_cast<int64_t>(kMostClasses) && is_list(json, "numbers", is_count, size) &&
         is_list(json, "row_sums", is_count, size) && is_list(json, "counts", is_row, size);
}

// No other picture than one that stands in the page itself.
bool is_picture(const Json& json) {
  const std::string head = "data:image/png;base64,";
  if (!json.is_string() || !json.get<std::string>().starts_with(head)) return false;
  const std::string base64 = json.get<std::string>().substr(head.size());
  return base64.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == base64.npos;
}

Json pairs_of(const Json& confusion) {
  Json list = Json::array();
  if (!confusion.contains("pairs") || !confusion["pairs"].is_array()) return list;
  for (const Json& pair : confusion["pairs"]) {
    if (!pair.is_object() || !is_list(pair, "names", is_text, 2)) continue;
    Json shown{{"names", pair["names"]}};
    for (const char* const name : {"true", "predicted", "count", "of"})
      if (has_count(pair, name)) shown[name] = pair[name];
    if (shown.size() < 5) continue;
    if (pair.contains("picture") && is_picture(pair["picture"]) && is_list(pair, "images", is_count)) {
      shown["images"] = pair["images"].size();
      shown["picture"] = pair["picture"];
    }
    list.push_back(shown);
  }
  return list;
}

}  // namespace

Json confusion_part(const Json& confusion) {
  if (!is_confusion(confusion)) return {};
  const auto size = static_cast<int64_t>(confusion["names"].size());
  std::vector<int64_t> cells;
  for (const Json& row : confusion["counts"])
    for (const Json& count : row) cells.push_back(count.get<int64_t>());
  const Tensor matrix = at::tensor(cells, at::kLong).view({size, size});
  Json part{{"of_classes", confusion["of_classes"]},
            {"numbers", Json::array()},
            {"names", Json::array()},
            {"row_sums", Json::array()},
            {"counts", Json::array()},
            {"pairs", pairs_of(confusion)}};
  const std::vector<int64_t> shown = confused_classes(matrix, kMatrixClasses);
  for (const int64_t row : shown) {
    for (const char* const name : {"numbers", "names", "row_sums"})
      part[name].push_back(confusion[name][static_cast<size_t>(row)]);
    Json& counts = part["counts"].emplace_back(Json::array());
    for (const int64_t column : shown) counts.push_back(matrix[row][column].item<int64_t>());
  }
  return part;
}

}  // namespace gtn
