// gtn export --format onnx and pytorch: a trained network, or a teacher's generator, for other programs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gtn {

struct NetworkExport {
  std::string path = {};  // a network's file, a run of gtn search, or a teacher
  std::string format = {};
  std::string out = {};      // empty: a name after what it is
  std::string learner = {};  // to be taught by the teacher at `path`
  int64_t seed = 1;
  std::optional<double> multiplier = {};  // of the learned step sizes
  std::string probe = {};                 // where inputs and our answers go; empty: nowhere
};

// Which network it is:
//   a network's file, such as winner.safetensors  that one
//   a run of gtn search, without a learner        its winner
//   a teacher with a learner                      a fresh learner taught by it: the first that gtn evaluate judges with
//                                                 this seed, by the teacher's step sizes
//   a teacher without one                         its generator (onnx only)
// Returns the files it wrote. Throws a usage error where the request makes no sense, and a failure where the teacher
// has no generator, the learner diverges or a file cannot be read or written.
std::vector<std::filesystem::path> export_network(const NetworkExport& request);

}  // namespace gtn
