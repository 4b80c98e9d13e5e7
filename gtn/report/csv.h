// Tables for spreadsheets and scripts.
#pragma once

#include <string>

#include "gtn/report/table.h"

namespace gtn {

// The header and the rows as RFC 4180 writes them: cells apart by commas, every line ended by CR LF, a cell in quotes
// where it holds a comma, a quote or the end of a line. Any bytes come back from a reader as they were. Throws
// std::invalid_argument where a row's length differs.
std::string format_csv(const Table& table);

}  // namespace gtn
