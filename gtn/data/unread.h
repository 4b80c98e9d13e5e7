// What else lies in a folder of which certain files are read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gtn {

// Adds a remark that names what of `folder` is none of the files `read` and might be data: nothing is dropped in
// silence. Hidden files, and those that describe data (README, LICENSE, *.txt, *.md, *.html, *.pdf), are none.
void add_unread(const std::filesystem::path& folder, const std::vector<std::string>& read,
                std::vector<std::string>& remarks);

}  // namespace gtn
