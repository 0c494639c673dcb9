// Recursion that ends: trees that contain themselves would not, and a journal that was written by an attacker may hold one.
#pragma once

#include "common/model/figures.h"

namespace anju::model {

class Figures::Deeper {
 public:
  explicit Deeper(Figures& figures) : figures_(figures) {
    if (++figures_.depth_ > kDepthMax) figures_.sound_ = false;
  }
  ~Deeper() { --figures_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
  bool fine() const { return figures_.sound_; }

 private:
  Figures& figures_;
};

}  // namespace anju::model
