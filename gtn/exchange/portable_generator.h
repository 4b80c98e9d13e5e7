// A teacher's generator as an ONNX file.
#pragma once

#include <map>
#include <string>

#include "gtn/data/normalization.h"
#include "gtn/teacher/generator.h"

namespace gtn {

struct PortableGenerator {
  GeneratorConfig config;
  Shape image;  // [C, H, W]
  int64_t classes;
  std::vector<NamedTensor> params;  // as Generator::initial() orders them
  Normalization normalization;
  std::vector<std::string> class_names;
  std::string dataset, dataset_fingerprint;
};

// The parameters that a generator of this configuration has, in their order, found in `stored` by their names. Throws a
// failure at `where` that lists each that is missing or has another shape or type.
std::vector<NamedTensor> generator_params(const GeneratorConfig& config, const Shape& image, int64_t classes,
                                          const std::map<std::string, Tensor>& stored, const std::string& where);

// The bytes of an ONNX file: "z" [B, noise] and "labels" [B, K] in; "images" [B, C, H, W] out, in the units that a
// learner sees, and where these are not whitened "pixels", the same from 0 to 1. Batch norms use the batch at hand, so
// that an image depends on those beside it. Throws what OnnxGraph::encode() throws.
std::string encode_onnx(const PortableGenerator& generator);

}  // namespace gtn
