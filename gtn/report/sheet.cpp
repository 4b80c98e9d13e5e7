#include "gtn/report/sheet.h"

#include <algorithm>
#include <stdexcept>

#include "gtn/report/font.h"
#include "gtn/report/utf8.h"

namespace gtn {
namespace {

constexpr int kPaper = 250;
constexpr int kEmpty = 232;
constexpr int kInk = 60;
constexpr int64_t kMargin = 12;
constexpr int64_t kGutter = 4;
constexpr int64_t kTextScale = 2;
constexpr int64_t kTextHeight = kGlyphHeight * kTextScale;
constexpr size_t kLongestName = 18;  // code points; longer class names end in ".."
constexpr int64_t kDistinctValues =
    1'000'000;  // of the tiles before magnification: PNG cannot pack noise below a byte each
constexpr int64_t kFewestColumns = 4;

void check_shapes(const Tensor& images, const Tensor& labels, size_t names, const SheetStyle& style) {
  const bool fits = images.dim() == 5 && labels.dim() == 3 && images.size(0) == labels.size(0) &&
                    images.size(1) == labels.size(1) && labels.size(2) == static_cast<int64_t>(names);
  if (!fits || images.numel() == 0 || labels.numel() == 0 || (images.size(2) != 1 && images.size(2) != 3))
    throw std::invalid_argument("draw_sheet: needs images [T, B, 1 or 3, H, W], labels [T, B, K] and K names, not " +
                                to_string(shape_of(images)) + ", " + to_string(shape_of(labels)) + " and " +
                                std::to_string(names) + " names");
  if (style.tile < 1 || style.columns < 1 || style.rows < 1)
    throw std::invalid_argument("draw_sheet: tile, columns and rows must be at least 1");
}

// `count` of the indices 0 to `total` - 1, or all of them where they are fewer: first and last included.
std::vector<int64_t> evenly_spaced(int64_t total, int64_t count) {
  if (count >= total) count = total;
  std::vector<int64_t> indices(static_cast<size_t>(count), 0);
  for (int64_t i = 1; i < count; ++i)
    indices[static_cast<size_t>(i)] = (i * (total - 1) + (count - 1) / 2) / (count - 1);
  return indices;
}

std::string shortened(const std::string& name) {
  const std::u32string codes = decode_utf8(name);
  std::string text;
  const bool cut = codes.size() > kLongestName;
  for (const char32_t code : codes.substr(0, cut ? kLongestName - 2 : codes.size())) text += encode_utf8(code);
  return cut ? text + ".." : text;
}

// Whole factors between a source image and its tile; one of the two is 1.
struct Zoom {
  int64_t in = 1;
  int64_t out = 1;

  Zoom(int64_t height, int64_t width, int64_t tile) {
    const int64_t side = std::max(height, width);
    in = std::max<int64_t>(1, (tile + side / 2) / side);
    out = std::min({std::max<int64_t>(1, side / tile), height, width});
  }
  int64_t shrunk(int64_t length) const { return length / out; }
  int64_t sized(int64_t length) const { return shrunk(length) * in; }

  // [C, H, W] floating to [C, sized(H), sized(W)] uint8.
  Tensor apply(const Tensor& image) const {
    const Tensor shade = at::nan_to_num(image.detach().to(at::kCPU, at::kFloat), 0.0).clamp(0, 1);
    const Tensor small = out > 1 ? at::avg_pool2d(shade.unsqueeze(0), {out, out}).squeeze(0) : shade;
    return small.mul(255).round().to(at::kByte).repeat_interleave(in, 1).repeat_interleave(in, 2);
  }
};

// A sheet in the making: uint8 [C, height, width].
class Canvas {
 public:
  Canvas(int64_t channels, int64_t height, int64_t width)
      : pixels_(at::full({channels, height, width}, kPaper, at::kByte)) {}

  Tensor window(int64_t y, int64_t x, int64_t height, int64_t width) {
    return pixels_.narrow(1, y, height).narrow(2, x, width);
  }

  // Text beyond the right edge is cut off.
  void write(int64_t y, int64_t x, std::string_view text, int64_t scale) {
    const Tensor mask = text_mask(text, scale);
    const int64_t width = std::min(mask.size(1), pixels_.size(2) - x);
    window(y, x, mask.size(0), width).masked_fill_(mask.narrow(1, 0, width), kInk);
  }

  // [height, width] for one channel, else [height, width, C].
  Tensor finish() const { return pixels_.size(0) == 1 ? pixels_.squeeze(0) : pixels_.permute({1, 2, 0}).contiguous(); }

 private:
  Tensor pixels_;
};

int64_t width_of(std::string_view text, int64_t scale) {
  return static_cast<int64_t>(decode_utf8(text).size()) * kGlyphWidth * scale;
}

// Where everything stands, in pixels.
struct Layout {
  Zoom zoom;
  std::vector<int64_t> classes;  // the rows
  std::vector<int64_t> steps;    // the columns
  std::vector<std::string> names;
  int64_t tile_height, tile_width, left, top, height, width;

  Layout(const Tensor& images, std::span<const std::string> class_names, const SheetStyle& style)
      : zoom(images.size(3), images.size(4), style.tile),
        classes(evenly_spaced(static_cast<int64_t>(class_names.size()), style.rows)),
        tile_height(zoom.sized(images.size(3))),
        tile_width(zoom.sized(images.size(4))) {
    const int64_t values_per_tile = images.size(2) * zoom.shrunk(images.size(3)) * zoom.shrunk(images.size(4));
    const int64_t affordable = std::max(kFewestColumns, kDistinctValues / (rows() * values_per_tile));
    steps = evenly_spaced(images.size(0), std::min(style.columns, affordable));

    int64_t names_width = width_of(style.corner, kTextScale);
    for (const int64_t k : classes) {
      names.push_back(shortened(class_names[static_cast<size_t>(k)]));
      names_width = std::max(names_width, width_of(names.back(), kTextScale));
    }
    left = kMargin + names_width + kMargin;
    top = kMargin + kTextHeight + kMargin / 2;
    height = row_top(rows()) - kGutter + kMargin;
    width = column_left(columns()) - kGutter + kMargin;
  }

  int64_t rows() const { return static_cast<int64_t>(classes.size()); }
  int64_t columns() const { return static_cast<int64_t>(steps.size()); }
  int64_t row_top(int64_t row) const { return top + row * (std::max(tile_height, kTextHeight) + kGutter); }
  int64_t column_left(int64_t column) const { return left + column * (tile_width + kGutter); }
  const std::string& name(int64_t row) const { return names[static_cast<size_t>(row)]; }
};

}  // namespace

Tensor representatives(const Tensor& labels) {
  if (labels.dim() != 3)
    throw std::invalid_argument("representatives: needs labels [T, B, K], not " + to_string(shape_of(labels)));
  const Tensor weights = labels.detach().to(at::kCPU, at::kDouble).contiguous();
  Tensor chosen = at::full({weights.size(0), weights.size(2)}, -1, at::kLong);
  const auto weight = weights.accessor<double, 3>();
  auto choice = chosen.accessor<int64_t, 2>();
  for (int64_t t = 0; t < weights.size(0); ++t) {
    for (int64_t b = 0; b < weights.size(1); ++b) {
      const auto row = weight[t][b];
      const int64_t k = std::max_element(row.data(), row.data() + weights.size(2)) - row.data();
      if (choice[t][k] < 0 || row[k] > weight[t][choice[t][k]][k]) choice[t][k] = b;
    }
  }
  return chosen;
}

Tensor draw_sheet(const Tensor& images, const Tensor& labels, std::span<const std::string> class_names,
                  const SheetStyle& style) {
  check_shapes(images, labels, class_names.size(), style);
  const Layout at(images, class_names, style);
  Canvas canvas(images.size(2), at.height, at.width);

  canvas.write(kMargin, kMargin, style.corner, kTextScale);
  for (int64_t row = 0; row < at.rows(); ++row)
    canvas.write(at.row_top(row) + std::max<int64_t>(0, at.tile_height - kTextHeight) / 2, kMargin, at.name(row),
                 kTextScale);

  const Tensor chosen = representatives(labels);
  for (int64_t column = 0; column < at.columns(); ++column) {
    const int64_t step = at.steps[static_cast<size_t>(column)], x = at.column_left(column);
    const std::string number = std::to_string(step + 1);
    const int64_t scale = width_of(number, kTextScale) <= at.tile_width ? kTextScale : 1;
    const int64_t indent = std::max<int64_t>(0, (at.tile_width - width_of(number, scale) + scale) / 2);
    canvas.write(kMargin + kTextHeight - kGlyphHeight * scale, x + indent, number, scale);
    for (int64_t row = 0; row < at.rows(); ++row) {
      const int64_t image = chosen[step][at.classes[static_cast<size_t>(row)]].item<int64_t>();
      Tensor tile = canvas.window(at.row_top(row), x, at.tile_height, at.tile_width);
      image < 0 ? tile.fill_(kEmpty) : tile.copy_(at.zoom.apply(images[step][image]));
    }
  }
  return canvas.finish();
}

}  // namespace gtn
