// ONNX files: a graph of operators with its constants, in the wire format of protocol buffers. Written here because
// that takes a page, and because a second protobuf beside LibTorch's own is asking for trouble. The messages:
// https://github.com/onnx/onnx/blob/v1.8.0/onnx/onnx.proto
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

constexpr int64_t kOnnxVersion = 7;       // of the format
constexpr int64_t kOnnxOperatorSet = 13;  // of the operators: those of ONNX 1.8 (2020), which every reader knows

struct OnnxAttribute {
  std::string name;
  std::variant<int64_t, double, std::vector<int64_t>, std::string> value;
};
using OnnxAttributes = std::vector<OnnxAttribute>;

// A dimension of an input or output: its extent, or the name of one that is open.
using OnnxDimension = std::variant<int64_t, std::string>;
using OnnxDimensions = std::vector<OnnxDimension>;

// Values have names; every function that makes one returns its name. The nodes are in the order they were added in.
class OnnxGraph final {
 public:
  explicit OnnxGraph(std::string name) : name_(std::move(name)) {}

  // A float32 input or output.
  std::string input(const std::string& name, const OnnxDimensions& dimensions);
  // `name`: a value that is there.
  void output(const std::string& name, const OnnxDimensions& dimensions);

  // A constant under this name, float32 or int64, on any device. Throws std::invalid_argument for another type.
  std::string constant(const std::string& name, const Tensor& value);
  // Whole numbers, such as a shape.
  std::string constant(const std::string& name, const std::vector<int64_t>& values);

  // A node with one output, which is named `name`.
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const std::string& name,
                   const OnnxAttributes& attributes = {});

  // The bytes of the file; equal graphs give equal bytes. `about` is for people, `facts` are for programs. Throws a
  // failure where it would pass 2 GiB, which is all that a reader of protocol buffers takes.
  std::string encode(const std::string& about, const std::map<std::string, std::string>& facts) const;

 private:
  std::string name_;
  std::string nodes_, constants_, inputs_, outputs_;  // encoded, as fields of the graph
};

}  // namespace gtn
