#include "gtn/report/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "gtn/report/utf8.h"

namespace gtn {
namespace {

constexpr size_t kColumnGap = 2, kLongestRule = 160;

size_t width_of(const std::string& text) { return decode_utf8(text).size(); }

bool is_neutral(const std::string& cell) { return cell.empty() || cell == "-" || cell == "nan"; }

bool is_numeric(const std::string& cell) {
  const size_t digit = cell.find_first_not_of("+-.");
  return digit != std::string::npos && digit <= 2 && cell[digit] >= '0' && cell[digit] <= '9';
}

struct Column {
  size_t width = 0;
  bool right = false;
};

Column measure(const Table& table, size_t index) {
  Column column{width_of(table.header[index]), false};
  bool text = false;
  for (const auto& row : table.rows) {
    column.width = std::max(column.width, width_of(row[index]));
    column.right |= is_numeric(row[index]);
    text |= !is_numeric(row[index]) && !is_neutral(row[index]);
  }
  column.right &= !text;
  return column;
}

std::string format_line(const std::vector<std::string>& cells, const std::vector<Column>& columns) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    const size_t padding = columns[i].width - width_of(cells[i]);
    line.append(i ? kColumnGap : 0, ' ');
    if (columns[i].right) line.append(padding, ' ');
    line += cells[i];
    if (!columns[i].right) line.append(padding, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

void require_equal_rows(const Table& table, const std::string& where) {
  for (const auto& row : table.rows)
    if (row.size() != table.header.size())
      throw std::invalid_argument(where + ": a row of " + std::to_string(row.size()) + " cells under a header of " +
                                  std::to_string(table.header.size()));
}

std::string format_table(const Table& table) {
  require_equal_rows(table, "format_table");
  std::vector<Column> columns;
  size_t width = 0;
  for (size_t i = 0; i < table.header.size(); ++i) {
    columns.push_back(measure(table, i));
    width += columns.back().width + (i ? kColumnGap : 0);
  }
  std::string text = format_line(table.header, columns) + std::string(std::min(width, kLongestRule), '-') + "\n";
  for (const auto& row : table.rows) text += format_line(row, columns);
  return text;
}

std::string fixed(double value, int digits) {
  if (std::isnan(value)) return "nan";
  std::array<char, 512> buffer{};  // the largest double has 309 digits before the point
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
  if (error != std::errc()) throw std::invalid_argument("fixed: " + std::to_string(digits) + " digits are too many");
  return {buffer.data(), end};
}

}  // namespace gtn
