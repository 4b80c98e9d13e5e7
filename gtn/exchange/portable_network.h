// A trained network with all that a file of it for another program says.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gtn/data/normalization.h"
#include "gtn/exchange/operations.h"

namespace gtn {

struct PortableNetwork {
  std::string learner;  // its text
  Shape input;          // [C, H, W]
  std::vector<Operation> operations;
  Normalization normalization;  // what raw pixels go through first
  std::vector<std::string> class_names;
  std::string dataset, dataset_fingerprint;  // what it learned

  // Whether it classifies the rows of a table, [N, C] in the table's own units, and not images.
  bool of_rows() const { return is_table(input); }
};

// The bytes of an ONNX file: "pixels" [N, C, H, W], float32 from 0 to 255, in, or of a table "rows" [N, C], in its own
// units, its columns but the class in their order; "logits" and "probabilities" [N, K] out.
// The preprocessing is part of the graph; batch norms use the stored statistics. What `network` says of itself stands
// in the file's metadata: learner, class_names (JSON), dataset, dataset_fingerprint. Throws what OnnxGraph::encode()
// throws.
std::string encode_onnx(const PortableNetwork& network);

// The same network as a Python file: a torch.nn.Module `Net`, and `load()`, which returns it with the arrays of
// pytorch_arrays() read from the file `weights` beside it. Needs PyTorch and numpy, and nothing of this program.
std::string pytorch_code(const PortableNetwork& network, const std::string& weights);
std::map<std::string, Tensor> pytorch_arrays(const PortableNetwork& network);

}  // namespace gtn
