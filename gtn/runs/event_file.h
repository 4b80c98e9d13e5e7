// The course of a run as TensorBoard reads it: an event file, which holds scalars and images, each of a step.
//
// The format is TensorFlow's. Records: tensorflow/core/lib/io/record_writer.h (a length, the data, and of each a masked
// CRC-32C). Data: the messages Event and SessionLog of tensorflow/core/util/event.proto and Summary of
// tensorflow/core/framework/summary.proto in the encoding of protocol buffers, of which these few need a part.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string_view>

#include "gtn/runs/append_file.h"

namespace gtn {

struct EventScalar {
  std::string_view tag;
  double value;  // stored as float32; any, also one that is not finite
};

struct EventImage {
  std::string_view tag;
  int64_t height, width;  // pixels
  int64_t channels;       // 1 (grey) or 3 (red, green, blue)
  std::string_view png;   // the bytes of the file
};

// Each add_ adds one record, with the time of day, and hands it to the system before it returns. It throws a failure
// where the disk is full; then the file is as it was.
class EventFile {
 public:
  // Begins a new file in `folder`, which is made where there is none: events.out.tfevents.SECONDS.gtn, the time since
  // 1970, or a second after the latest that is there, as TensorBoard reads a run's files in the order of their names.
  // One process writes into a folder at a time. Throws a failure where it cannot be written.
  explicit EventFile(const std::filesystem::path& folder);

  void add_scalars(int64_t step, std::initializer_list<EventScalar> scalars);

  // Throws std::invalid_argument for other channels.
  void add_image(int64_t step, const EventImage& image);

  // Says that a run goes on with `step`: TensorBoard drops what earlier files say of it and of later steps.
  void add_restart(int64_t step);

 private:
  AppendFile file_;
};

}  // namespace gtn
