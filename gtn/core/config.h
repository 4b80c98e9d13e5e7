// Configs: aggregates whose fields are listed once, in `visit`. TOML, `--set key=value`, help text, hashing and the
// error for an unknown key all follow from that list:
//
//   enum class Labels { onehot, learned };
//   constexpr auto names_of(Labels) {
//     return std::to_array<std::pair<Labels, std::string_view>>({{Labels::onehot, "onehot"}, {Labels::learned,
//     "learned"}});
//   }
//   struct TeacherConfig {
//     int64_t steps = 16;
//     Labels labels = Labels::onehot;
//     GeneratorConfig generator;
//
//     template <class Self, class Visitor>
//     static void visit(Self& self, Visitor&& field) {
//       field("steps", self.steps, "inner SGD steps, one synthetic batch each", at_least(1));
//       field("labels", self.labels, "what the learner is told about an image");
//       field("generator", self.generator, "the generator network");
//     }
//   };
//
// A field is a bool, int64_t, double, std::string, std::vector of int64_t or std::string, an enum with names_of (found
// by argument-dependent lookup), or such a struct again (a TOML table). A meaning is one line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/config_fields.h"
#include "gtn/core/config_reader.h"
#include "gtn/core/config_writer.h"

namespace gtn {

// Sets the fields that the TOML text names; the others keep their value. `where` is the text's origin, for messages.
// Throws one usage error that lists every unknown key, wrong type, unknown word and value out of range with its line,
// or the line and column where the text is no TOML; then the config is as it was.
template <ConfigStruct Config>
void read_toml(Config& config, std::string_view text, const std::string& where) {
  Config changed = config;
  ConfigFields fields = fields_of(changed);
  read_fields(fields, text, where);
  config = std::move(changed);
}

// The same with a file of at most 1 MiB. Throws a failure besides where it cannot be read.
template <ConfigStruct Config>
void load_toml(Config& config, const std::filesystem::path& path) {
  read_toml(config, read_config_file(path), path.string());
}

// Applies settings such as "unroll.steps=32", from left to right. The value is written as in TOML; a text or a word of
// an enum needs no quotes. Throws one usage error that lists all faults; then the config is as it was.
template <ConfigStruct Config>
void apply_settings(Config& config, const std::vector<std::string>& settings) {
  Config changed = config;
  ConfigFields fields = fields_of(changed);
  set_fields(fields, settings);
  config = std::move(changed);
}

// Every field with its meaning as a comment. Reading it gives the same config back, bit by bit, where its values are
// ones that read_toml takes.
template <ConfigStruct Config>
std::string to_toml(Config config) {
  return toml_text(fields_of(config));
}

// A table of key, default and meaning, for `--help`.
template <ConfigStruct Config>
std::string describe() {
  Config config;
  return description_text(fields_of(config));
}

// 16 hex digits that name the values: neither comments nor the order of the fields change them.
template <ConfigStruct Config>
std::string config_hash(Config config) {
  return hash_text(fields_of(config));
}

// One line for each field that differs, such as "unroll.steps: 16 here, 32 there"; `a` is here, `b` is there.
template <ConfigStruct Config>
std::vector<std::string> differences(Config a, Config b) {
  return differing_fields(fields_of(a), fields_of(b));
}

}  // namespace gtn
