// What a page shows of an evaluation. The JSON may come from anywhere: only what has the shape of evaluate_json.cpp
// goes on.
#include <algorithm>

#include "cli/common.h"
#include "cli/report_data.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

bool are_numbers(const Json& json) {
  return json.is_array() &&
         std::ranges::all_of(json, [](const Json& value) { return value.is_number() || value.is_null(); });
}

// Copies the members of `from` that are numbers, texts, and lists of numbers.
Json plain_members(const Json& from) {
  Json plain = Json::object();
  for (const auto& [name, value] : from.items())
    if (value.is_number() || value.is_string() || are_numbers(value)) plain[name] = value;
  return plain;
}

bool is_accuracy(const Json& json) {
  return json.is_object() && json.contains("mean") && json["mean"].is_number() && json.contains("std") &&
         json["std"].is_number();
}

// The objects of `from` that hold an accuracy, each with its name.
Json accuracies_in(const Json& from) {
  Json list = Json::array();
  if (!from.is_object()) return list;
  for (const auto& [name, value] : from.items()) {
    if (!is_accuracy(value)) continue;
    Json row{{"name", name}};
    row.update(plain_members(value));
    list.push_back(row);
  }
  return list;
}

Json disturbances_of(const Json& robustness) {
  Json list = Json::array();
  if (!robustness.is_object() || !robustness.contains("rows") || !robustness["rows"].is_array()) return list;
  for (const Json& row : robustness["rows"]) {
    if (!row.is_object()) continue;
    Json disturbed = plain_members(row);
    disturbed["accuracies"] = accuracies_in(row);
    list.push_back(disturbed);
  }
  return list;
}

Json learner_json(const Json& row) {
  Json json = plain_members(row);
  json["curves"] = accuracies_in(row);
  if (row.contains("speedup") && row["speedup"].is_object()) json["speedup"] = plain_members(row["speedup"]);
  for (const char* const part : {"to_end", "order"})
    if (row.contains(part)) json[part] = accuracies_in(row[part]);
  if (row.contains("confusion"))
    if (Json confusion = confusion_part(row["confusion"]); !confusion.is_null()) json["confusion"] = confusion;
  if (row.contains("robustness")) json["robustness"] = disturbances_of(row["robustness"]);
  return json;
}

// The rows of one teacher, which are its own or its "learners"; not objects: none.
std::vector<Json> rows_of(const Json& teacher) {
  if (!teacher.is_object()) return {};
  if (!teacher.contains("learners") || !teacher["learners"].is_array()) return {teacher};
  std::vector<Json> rows;
  for (const Json& row : teacher["learners"])
    if (row.is_object()) rows.push_back(row);
  return rows;
}

std::vector<Json> teachers_of(const Json& evaluation) {
  if (!evaluation.is_object() || !evaluation.contains("teachers") || !evaluation["teachers"].is_array())
    return {evaluation};
  return {evaluation["teachers"].begin(), evaluation["teachers"].end()};
}

}  // namespace

Json evaluation_part(const Json& evaluation) {
  const std::vector<Json> teachers = teachers_of(evaluation);
  Json part{{"rows", Json::array()}, {"matrix", Json::array()}};
  for (size_t t = 0; t < teachers.size(); ++t) {
    for (const Json& row : rows_of(teachers[t])) {
      Json json = learner_json(row);
      if (teachers.size() > 1) json["teacher"] = t + 1;
      part["rows"].push_back(json);
    }
    if (!teachers[t].is_object() || !teachers[t].contains("matrix") || !teachers[t]["matrix"].is_array()) continue;
    for (const Json& row : teachers[t]["matrix"])
      if (row.is_object()) part["matrix"].push_back(plain_members(row));
  }
  if (part["rows"].empty()) throw failure("evaluation", "holds no learner");
  return part;
}

std::string evaluation_flags(const Json& evaluation) {
  const std::vector<Json> teachers = teachers_of(evaluation);
  if (teachers.empty() || rows_of(teachers.front()).empty()) return {};
  const Json& teacher = teachers.front();
  const std::vector<Json> rows = rows_of(teacher);
  std::string flags;
  const bool matrix = teacher.contains("matrix");
  for (const Json& row : rows)
    if (!matrix && row.contains("learner") && row["learner"].is_string())
      flags += " --learner " + shell_word(row["learner"].get<std::string>());
  if (matrix) flags += " --matrix";
  const Json& first = rows.front();
  if (first.contains("seeds") && first["seeds"].is_number_integer()) flags += " --seeds " + first["seeds"].dump();
  const std::pair<const char*, const char*> parts[] = {
      {"speedup", " --speedup"}, {"to_end", " --to-end"}, {"order", " --shuffle"}, {"robustness", " --robustness"}};
  for (const auto& [name, flag] : parts)
    if (first.contains(name)) flags += flag;
  return flags;
}

}  // namespace gtn
