#include "gtn/exchange/onnx.h"

#include <bit>
#include <limits>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie, and promised little-endian");

// Fields of a protocol buffer message. https://protobuf.dev/programming-guides/encoding/
enum WireType : uint64_t { kVarint = 0, kBytes = 2, kFixed32 = 5 };

void append_varint(std::string& message, uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

void append_tag(std::string& message, uint64_t field, WireType type) { append_varint(message, field << 3 | type); }

void add_number(std::string& message, uint64_t field, int64_t value) {
  append_tag(message, field, kVarint);
  append_varint(message, static_cast<uint64_t>(value));
}

void add_float(std::string& message, uint64_t field, float value) {
  append_tag(message, field, kFixed32);
  message.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Text, raw bytes, or another message.
void add_bytes(std::string& message, uint64_t field, std::string_view bytes) {
  append_tag(message, field, kBytes);
  append_varint(message, bytes.size());
  message += bytes;
}

// The numbers of fields, as onnx.proto gives them, each for the message that its name begins with.
enum Field : uint64_t {
  kModelVersion = 1,
  kModelProducer = 2,
  kModelProducerVersion = 3,
  kModelDoc = 6,
  kModelGraph = 7,
  kModelOperators = 8,
  kModelFacts = 14,
  kOperatorsVersion = 2,
  kFactKey = 1,
  kFactValue = 2,
  kGraphNode = 1,
  kGraphName = 2,
  kGraphConstant = 5,
  kGraphInput = 11,
  kGraphOutput = 12,
  kNodeInput = 1,
  kNodeOutput = 2,
  kNodeName = 3,
  kNodeOp = 4,
  kNodeAttribute = 5,
  kAttributeName = 1,
  kAttributeFloat = 2,
  kAttributeInt = 3,
  kAttributeString = 4,
  kAttributeInts = 8,
  kAttributeType = 20,
  kTensorDim = 1,
  kTensorType = 2,
  kTensorName = 8,
  kTensorRaw = 9,
  kValueName = 1,
  kValueType = 2,
  kTypeTensor = 1,
  kTensorTypeElement = 1,
  kTensorTypeShape = 2,
  kShapeDim = 1,
  kDimValue = 1,
  kDimParam = 2,
};
enum ElementType : int64_t { kElementFloat = 1, kElementInt64 = 7 };
enum AttributeType : int64_t { kTypeFloat = 1, kTypeInt = 2, kTypeString = 3, kTypeInts = 7 };

struct AttributeEncoder {
  std::string& message;

  AttributeType operator()(int64_t value) const {
    add_number(message, kAttributeInt, value);
    return kTypeInt;
  }
  AttributeType operator()(double value) const {
    add_float(message, kAttributeFloat, static_cast<float>(value));
    return kTypeFloat;
  }
  AttributeType operator()(const std::vector<int64_t>& values) const {
    for (const int64_t value : values) add_number(message, kAttributeInts, value);
    return kTypeInts;
  }
  AttributeType operator()(const std::string& value) const {
    add_bytes(message, kAttributeString, value);
    return kTypeString;
  }
};

std::string encoded(const OnnxAttribute& attribute) {
  std::string message;
  add_bytes(message, kAttributeName, attribute.name);
  const AttributeType type = std::visit(AttributeEncoder{message}, attribute.value);
  add_number(message, kAttributeType, type);
  return message;
}

std::string encoded(const std::string& name, const OnnxDimensions& dimensions) {
  std::string shape, tensor, type, value;
  for (const OnnxDimension& dimension : dimensions) {
    std::string extent;
    if (const auto* known = std::get_if<int64_t>(&dimension))
      add_number(extent, kDimValue, *known);
    else
      add_bytes(extent, kDimParam, std::get<std::string>(dimension));
    add_bytes(shape, kShapeDim, extent);
  }
  add_number(tensor, kTensorTypeElement, kElementFloat);
  add_bytes(tensor, kTensorTypeShape, shape);
  add_bytes(type, kTypeTensor, tensor);
  add_bytes(value, kValueName, name);
  add_bytes(value, kValueType, type);
  return value;
}

}  // namespace

std::string OnnxGraph::input(const std::string& name, const OnnxDimensions& dimensions) {
  add_bytes(inputs_, kGraphInput, encoded(name, dimensions));
  return name;
}

void OnnxGraph::output(const std::string& name, const OnnxDimensions& dimensions) {
  add_bytes(outputs_, kGraphOutput, encoded(name, dimensions));
}

std::string OnnxGraph::constant(const std::string& name, const Tensor& value) {
  const Tensor packed = value.detach().cpu().contiguous();
  const bool is_float = packed.scalar_type() == at::kFloat;
  if (!is_float && packed.scalar_type() != at::kLong)
    throw std::invalid_argument("OnnxGraph: '" + name + "' is neither float32 nor int64");
  std::string tensor;
  for (const int64_t dim : packed.sizes()) add_number(tensor, kTensorDim, dim);
  add_number(tensor, kTensorType, is_float ? kElementFloat : kElementInt64);
  add_bytes(tensor, kTensorName, name);
  add_bytes(tensor, kTensorRaw, {static_cast<const char*>(packed.data_ptr()), packed.nbytes()});
  add_bytes(constants_, kGraphConstant, tensor);
  return name;
}

std::string OnnxGraph::constant(const std::string& name, const std::vector<int64_t>& values) {
  return constant(name, at::tensor(values, at::kLong));
}

std::string OnnxGraph::node(const std::string& op, const std::vector<std::string>& inputs, const std::string& name,
                            const OnnxAttributes& attributes) {
  std::string message;
  for (const std::string& value : inputs) add_bytes(message, kNodeInput, value);
  add_bytes(message, kNodeOutput, name);
  add_bytes(message, kNodeName, name);
  add_bytes(message, kNodeOp, op);
  for (const OnnxAttribute& attribute : attributes) add_bytes(message, kNodeAttribute, encoded(attribute));
  add_bytes(nodes_, kGraphNode, message);
  return name;
}

std::string OnnxGraph::encode(const std::string& about, const std::map<std::string, std::string>& facts) const {
  std::string graph, model, operators;
  graph.reserve(nodes_.size() + constants_.size() + inputs_.size() + outputs_.size() + name_.size() + 16);
  graph += nodes_;
  add_bytes(graph, kGraphName, name_);
  graph.append(constants_).append(inputs_).append(outputs_);
  model.reserve(graph.size() + about.size() + 4096);
  add_number(model, kModelVersion, kOnnxVersion);
  add_bytes(model, kModelProducer, "gtn");
  add_bytes(model, kModelProducerVersion, library_version());
  add_bytes(model, kModelDoc, about);
  add_bytes(model, kModelGraph, graph);
  add_number(operators, kOperatorsVersion, kOnnxOperatorSet);
  add_bytes(model, kModelOperators, operators);
  for (const auto& [key, value] : facts) {
    std::string fact;
    add_bytes(fact, kFactKey, key);
    add_bytes(fact, kFactValue, value);
    add_bytes(model, kModelFacts, fact);
  }
  if (model.size() > size_t{std::numeric_limits<int32_t>::max()})
    throw failure(name_, "is larger than the 2 GiB that an ONNX file may have; --format pytorch takes up to 4 GiB");
  return model;
}

}  // namespace gtn
