// Keeps the feeds running and in step with one another.
#include "services/aggregator/follower.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

std::string NameOf(const journal::Position& position) { return absl::StrCat(journal::ToHex(position.journal_id), "/", position.sequence); }

}  // namespace
namespace {

constexpr auto kHousekeeping = std::chrono::milliseconds(1000);

}  // namespace

Followers::Followers(Applier& applier, const std::string& plan, const std::vector<std::string>& progress) : applier_(applier) {
  links_.resize(1 + progress.size());
  following_.resize(links_.size());
  for (size_t feed = 0; feed < links_.size(); ++feed) {
    links_[feed].name = feed == 0 ? "plan" : "progress";
    links_[feed].address = feed == 0 ? plan : progress[feed - 1];
    links_[feed].channel = rpc::Connect(links_[feed].address);
  }
  for (size_t feed = 0; feed < links_.size(); ++feed) Start(feed);
  thread_ = std::thread([this] { Run(); });
}

Followers::~Followers() {
  std::vector<std::unique_ptr<feed::Follower>> followers;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
  {
    const MutexLock lock(mutex_);
    for (Following& following : following_) followers.push_back(std::move(following.follower));
  }
}

void Followers::Start(size_t feed) {
  feed::Follower::Callbacks callbacks;
  callbacks.on_block = [this, feed](const journal::BlockView& block, std::string_view, const journal::Position& after) {
    return ApplyWhenReady(feed, block, after);
  };
  callbacks.on_bookmark = [this, feed](const journal::Position&) {
    if (feed == 0) applier_.MarkPlanSeen();
  };
  callbacks.on_fresh = [this, feed](const journal::Position& upstream, int64_t sent_time_us) { applier_.MarkFresh(feed, upstream, sent_time_us); };
  callbacks.on_data_loss = [this, feed](const feed::Lost& lost) { return Lose(feed, lost); };
  callbacks.on_lineage = [this, feed](const journal::Lineage& lineage) {
    applier_.SetLineage(feed, lineage);
    // A block may wait for a plan position that is now known to be contained, or lost.
    const MutexLock lock(mutex_);
    following_[feed].rolled_back.clear();
    changed_.notify_all();
    return absl::OkStatus();
  };
  const journal::Position from = feed == 0 ? applier_.plan_position() : applier_.position(feed - 1);
  // The follower's thread may call back before this returns; it then waits for the lock where it needs one.
  auto follower = std::make_unique<feed::Follower>(absl::StrCat(links_[feed].name, " ", links_[feed].address), links_[feed].channel, from,
                                                   std::move(callbacks));
  const MutexLock lock(mutex_);
  following_[feed].follower = std::move(follower);
}

absl::Status Followers::ApplyWhenReady(size_t feed, const journal::BlockView& block, const journal::Position& after) {
  if (feed == 0) {
    const absl::Status applied = applier_.ApplyPlan(block, after);
    const MutexLock lock(mutex_);
    changed_.notify_all();
    return applied;
  }
  {
    MutexLock lock(mutex_);
    Following& following = following_[feed];
    while (!applier_.PlanReached(block.header)) {
      if (stopping_ || following.stopping) return Stopping();
      // It will never come in this journal. Ask again instead: progress may be restored as well, or plan once more.
      if (applier_.PlanIsLost(block.header)) {
        following.waits.clear();
        return applier_.WhatItWaitsFor(block.header);
      }
      following.waits = std::string(applier_.WhatItWaitsFor(block.header).message());
      changed_.wait(lock);
    }
    following.waits.clear();
  }
  return applier_.ApplyProgress(feed - 1, block, after);
}

journal::Position Followers::Lose(size_t feed, const feed::Lost& lost) {
  const journal::Position have = feed == 0 ? applier_.plan_position() : applier_.position(feed - 1);
  const std::string ours = NameOf(have), theirs = lost.end ? NameOf(*lost.end) : "an unknown position";
  // A restore gives its journal a new id. One that was followed before and has less than it had then was put back by hand, or its disk went back.
  if (lost.end && applier_.HasFollowed(feed, lost.end->journal_id)) {
    const std::string what = absl::StrCat("ROLLED_BACK: an older copy of its journal was put back: ", ours, " was applied here, and it ends at ", theirs,
                                          ". Nothing more of it is applied. Put the newer copy back, or restore a backup; to give up what is lost, stop this "
                                          "service and remove its directory.");
    const MutexLock lock(mutex_);
    if (following_[feed].rolled_back != what) spdlog::error("{} {}: {}", links_[feed].name, links_[feed].address, what);
    following_[feed].rolled_back = what;
    return have;
  }
  spdlog::warn("{} {} ends at {} and does not continue {}, which was applied here: everything is derived again", links_[feed].name, links_[feed].address,
               theirs, ours);
  const MutexLock lock(mutex_);
  applier_.StartOver();
  for (size_t other = 0; other < following_.size(); ++other) {
    if (other != feed) following_[other].restart = true;
  }
  changed_.notify_all();
  return {};
}

void Followers::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    const auto lost = std::find_if(following_.begin(), following_.end(),
                                   [](const Following& following) { return following.restart && following.follower != nullptr; });
    if (lost != following_.end()) {
      const auto feed = static_cast<size_t>(lost - following_.begin());
      lost->stopping = true;
      lost->restart = false;
      lost->waits.clear();
      changed_.notify_all();
      std::unique_ptr<feed::Follower> old = std::move(lost->follower);
      lock.unlock();
      old.reset();
      lock.lock();
      lost->stopping = false;
      lock.unlock();
      Start(feed);
      lock.lock();
      continue;
    }
    changed_.wait_for(lock, kHousekeeping);
    if (stopping_) return;
    lock.unlock();
    applier_.FlushIfIdle();
    lock.lock();
  }
}

void Followers::FillStatus(status::v1::GetStatusResponse* response) const {
  const MutexLock lock(mutex_);
  for (size_t feed = 0; feed < links_.size(); ++feed) {
    const Link& link = links_[feed];
    const Following& following = following_[feed];
    const feed::FollowerStatus status = following.follower == nullptr ? feed::FollowerStatus{} : following.follower->status();
    const uint64_t applied = feed == 0 ? applier_.plan_position().sequence : applier_.position(feed - 1).sequence;
    status::v1::Followed* followed = response->add_following();
    followed->set_name(link.name);
    followed->set_address(link.address);
    followed->set_connected(status.connected);
    followed->set_lag(status.upstream_sequence > applied ? status.upstream_sequence - applied : 0);
    followed->set_problem(!following.rolled_back.empty() ? following.rolled_back : status.connected ? following.waits : status.problem);
  }
}

}  // namespace anju::aggregator
