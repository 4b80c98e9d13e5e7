// The curriculum as a contact sheet: columns are steps, rows are classes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

struct SheetStyle {
  int64_t tile = 56;  // about how many pixels an image is wide: whole-number magnification, or reduction by averaging
  int64_t columns = 32;  // more steps than this: so many of them, evenly spaced, the first and the last included
  int64_t rows = 40;     // more classes than this: the same
  std::string_view corner = "step";  // what stands above the class names
};

// For each step and class, which image of the batch shows that class: of the images whose largest label is that class
// (the first class where labels tie), the one that has most of it (the first where images tie); -1 where there is none.
// labels [T, B, K], floating; the result is int64 [T, K].
Tensor representatives(const Tensor& labels);

// Draws the representatives. images [T, B, C, H, W], floating, displayed from black 0 to white 1 (values outside are
// clamped, NaN is black), C = 1 or 3; labels [T, B, K]; `class_names` holds K names, each a row's label. A column is
// labelled with its step's number, counted from 1; a missing representative leaves an empty tile. Fewer columns are
// drawn where the PNG file of pure noise would pass about a megabyte. Returns uint8 [height, width] where C = 1, else
// [height, width, 3]. Throws std::invalid_argument where shapes disagree.
Tensor draw_sheet(const Tensor& images, const Tensor& labels, std::span<const std::string> class_names,
                  const SheetStyle& style = {});

}  // namespace gtn
