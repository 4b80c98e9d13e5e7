// Plain-text tables for people.
#pragma once

#include <string>
#include <vector>

namespace gtn {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // each as long as the header
};

// Throws std::invalid_argument where a row is not as long as the header; `where` is what the message begins with.
void require_equal_rows(const Table& table, const std::string& where);

// The header, a rule and the rows, columns two spaces apart, a newline after every line, no space at a line's end. A
// column whose cells all begin like numbers ("71.2 ± 0.8", "-3", "x4" does not; "-", "nan" and empty cells are neutral)
// is aligned to the right with its heading. Widths count code points. Throws std::invalid_argument where a row's length
// differs.
std::string format_table(const Table& table);

// A number with so many digits after the point, whatever the locale: fixed(71.25, 1) == "71.2"; "nan", "inf", "-inf".
std::string fixed(double value, int digits);

}  // namespace gtn
