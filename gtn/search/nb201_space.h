// The search space of NAS-Bench-201 (Dong and Yang, 2020): 15,625 cells, six edges with one of five operations each. A
// genotype is the benchmark's own text (gtn/nets/genotype.h).
//
// Cells that compute the same with the same parameters are one architecture, 5,259 in all: edges of `none` are not
// there, `skip_connect` is its input, operations that no path leads on from are left out, and the nodes have no order.
// In 341 cells no path leads to the output; they build no network and are not in the space.
//
// The paper counts 6,466 structures: it keeps zero as a summand, and takes one convolution that is added twice for two
// convolutions of the same input, which have twice the parameters. Apart from zeros, its isomorphic cells with equally
// many parameters are those that are one here.
#pragma once

#include <vector>

#include "gtn/search/cell_space.h"
#include "gtn/search/space.h"

namespace gtn {

class Nb201Space final : public Space {
 public:
  explicit Nb201Space(const CellSpaceConfig& config = {});

  // "nb201", with its width and cells where they are not the usual ones: open_space() takes it.
  std::string name() const override;
  std::string describe() const override;
  std::optional<int64_t> size() const override { return std::ssize(cells_); }
  std::string at(int64_t index) const override;
  // Uniform over the architectures, not over the 15,625 cells.
  std::string sample(const Key& key) const override;
  // Throws what parse_nasbench201() throws, and a usage error where the output is zero.
  std::string canonical(const std::string& genotype) const override;
  // Architectures of which some cells differ in one operation: symmetric, and idle edges do not stand in the way.
  std::vector<std::string> neighbours(const std::string& genotype) const override;
  std::string learner(const std::string& genotype) const override;
  // Each operation that the output depends on, and the operations along each path from input to output: the path
  // encoding of White et al. (2021, BANANAS).
  std::vector<std::string> features(const std::string& genotype) const override;

 private:
  static constexpr int kNone = -1;
  // A cell as a number: the operations of its edges are its digits.
  using Code = int;

  int index_of(const std::string& genotype) const;

  CellSpaceConfig config_;
  std::vector<std::vector<Code>> cells_;  // of each architecture, the canonical one first
  std::vector<int> architecture_of_;      // of each code; kNone: its output is zero
};

}  // namespace gtn
