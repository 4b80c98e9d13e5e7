#include "gtn/report/csv.h"

namespace gtn {
namespace {

std::string cell_text(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string line_text(const std::vector<std::string>& cells) {
  if (cells.size() == 1 && cells[0].empty()) return "\"\"\r\n";  // an empty line would be no row
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) line.append(i ? "," : "").append(cell_text(cells[i]));
  return line + "\r\n";
}

}  // namespace

std::string format_csv(const Table& table) {
  require_equal_rows(table, "format_csv");
  std::string text = line_text(table.header);
  for (const auto& row : table.rows) text += line_text(row);
  return text;
}

}  // namespace gtn
