// Comma-separated values (RFC 4180), read row by row.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gtn {

// A row: the line where it begins, counted from 1, and its cells, without quotes. Returns whether to go on.
using CsvRow = std::function<bool(int64_t line, const std::vector<std::string>& cells)>;

// Calls `row` for every row that is not blank. Cells may stand in double quotes, where separators, line breaks and
// doubled quotes belong to the cell; spaces around a cell do not. A byte order mark and carriage returns before line
// breaks are passed over. Throws a failure at `where` for a NUL byte, which no text holds, for a quote that never ends,
// and for a row of more than two million cells.
void read_csv(std::string_view text, char separator, const std::string& where, const CsvRow& row);

// The one of , ; and tab that the first line holds most often outside of quotes; a comma where there is none.
char csv_separator(std::string_view text);

}  // namespace gtn
