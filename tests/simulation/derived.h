// The simulated machines of the services that derive: aggregator and ranking, and what a simulation compares of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "anju/types/v1/basis.pb.h"
#include "tests/simulation/node.h"

namespace anju::simulation {

class AggregatorNode : public Node {
 public:
  using Node::Node;
  // What it stands for; nothing while it is down.
  virtual types::v1::Basis Basis() const = 0;
  // The canonical dump, with its own words for its lines.
  virtual std::vector<std::string> Dump() const = 0;
  // The rows that a ranking service has after a snapshot taken now, as "key=value" in hexadecimal order.
  virtual std::vector<std::string> SnapshotRows() const = 0;
};

class RankingNode : public OwnerNode {
 public:
  using OwnerNode::OwnerNode;
  virtual types::v1::Basis Basis() const = 0;
  virtual std::vector<std::string> Rows() = 0;
};

std::unique_ptr<AggregatorNode> NewAggregatorNode(Context& context, uint64_t seed, Node& plan, std::vector<Node*> progress);
std::unique_ptr<RankingNode> NewRankingNode(Context& context, uint64_t seed, Node& aggregator, Node& plan, std::vector<Node*> progress);

// The dump of an aggregator that read the journals from their beginnings, in an order of its own.
std::vector<std::string> DumpFromZero(uint64_t seed, const journal::Journal& plan, const std::vector<const journal::Journal*>& progress);

}  // namespace anju::simulation
