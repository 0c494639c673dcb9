// Writes events as their owners would.
#include "tests/property/encode.h"

#include <map>

#include "common/rpc/rpc.h"

namespace anju::worlds {
namespace {

types::v1::Period ToProto(Period period) {
  types::v1::Period wire;
  wire.set_first_year(period.first);
  wire.set_last_year(period.last);
  return wire;
}

types::v1::RegionRecord ToProto(const Row& row) {
  types::v1::RegionRecord wire;
  wire.set_number(row.region);
  wire.set_code(row.code);
  wire.set_name(row.name);
  wire.set_parent(row.parent);
  wire.set_level(row.level);
  wire.set_kind(row.kind);
  if (row.from != kDistantPast) wire.set_valid_from_days(row.from.days);
  if (row.to != kDistantFuture) wire.set_valid_to_days(row.to.days);
  wire.set_order(row.order);
  for (const Number member : row.members) wire.add_members(member);
  return wire;
}

void FillDocument(const Document& document, plan::v1::DocumentImported* wire) {
  wire->set_number(document.number);
  wire->set_issuer(1);
  wire->set_amends(document.amends);
  wire->set_first_document(document.first);
  if (document.issued) wire->set_issued_days(document.issued->days);
  if (document.effective) wire->set_effective_days(document.effective->days);
  for (const PrintedCell& cell : document.cells) {
    plan::v1::TargetCell* target = wire->add_cells();
    target->set_region(cell.key.region);
    target->set_programme(cell.key.programme);
    target->set_indicator(cell.key.indicator);
    *target->mutable_period() = ToProto(cell.key.period);
    target->set_layer(static_cast<types::v1::Layer>(cell.layer));
    if (cell.target) target->set_target(*cell.target);
    if (cell.declared) target->set_declared(*cell.declared);
    target->set_missing(static_cast<types::v1::Missing>(cell.missing));
  }
}

void FillChange(const Change& change, plan::v1::BoundaryEvent* wire) {
  wire->set_kind(static_cast<plan::v1::BoundaryKind>(change.kind));
  wire->set_date_days(change.date.days);
  wire->set_region(change.region);
  wire->set_into(change.into);
  wire->set_share_numerator(change.numerator);
  wire->set_share_denominator(change.denominator);
  for (const Number unit : change.units) wire->add_units(unit);
  wire->set_name(change.name);
  wire->set_level(change.level);
  wire->set_kind_word(change.kind_word);
}

}  // namespace

plan::v1::Event ToProto(const PlanEvent& event) {
  plan::v1::Event wire;
  wire.set_actor("local");
  if (event.document) {
    FillDocument(*event.document, wire.mutable_document());
  } else if (!event.changes.empty()) {
    for (const Change& change : event.changes) FillChange(change, wire.mutable_boundaries()->add_events());
    for (const Row& row : event.rows) *wire.mutable_boundaries()->add_regions() = ToProto(row);
  } else if (!event.rows.empty()) {
    for (const Row& row : event.rows) *wire.mutable_regions()->add_regions() = ToProto(row);
  } else {
    for (const Programme& programme : event.programmes) {
      types::v1::ProgrammeRecord* record = wire.mutable_catalogue()->add_programmes();
      record->set_number(programme.number);
      record->set_code(programme.code);
      record->set_name(programme.code);
      record->set_parent(programme.parent);
      record->set_group(programme.group);
      for (const Number member : programme.members) record->add_members(member);
    }
    for (const Indicator& indicator : event.indicators) {
      types::v1::IndicatorRecord* record = wire.mutable_catalogue()->add_indicators();
      record->set_number(indicator.number);
      record->set_code(indicator.code);
      record->set_name(indicator.code);
      record->set_unit("套");
      types::v1::UnitRecord* unit = record->add_units();
      unit->set_name("套");
      unit->set_numerator(1);
      unit->set_denominator(1);
      record->set_over_regions(indicator.additive ? "sum" : "none");
      record->set_over_time(indicator.stock ? "last" : indicator.additive ? "sum" : "none");
    }
  }
  return wire;
}

progress::v1::Event ToProto(const ProgressEvent& event) {
  progress::v1::Event wire;
  switch (event.what) {
    case ProgressEvent::What::kOpen:
      wire.mutable_series()->set_number(event.series);
      wire.mutable_series()->set_region(event.key.region);
      wire.mutable_series()->set_programme(event.key.programme);
      wire.mutable_series()->set_indicator(event.key.indicator);
      *wire.mutable_series()->mutable_period() = ToProto(event.key.period);
      break;
    case ProgressEvent::What::kUpdate:
      wire.mutable_update()->set_series(event.series);
      wire.mutable_update()->set_as_of_days(event.as_of.days);
      wire.mutable_update()->set_amount(event.amount);
      wire.mutable_update()->set_kind(static_cast<progress::v1::UpdateKind>(event.kind));
      wire.mutable_update()->set_source(1);
      if (event.kind == Kind::kReduction) wire.mutable_update()->set_explanation("核减");
      break;
    case ProgressEvent::What::kReview:
      for (const uint64_t sequence : event.reviewed) wire.mutable_review()->add_updates(sequence);
      wire.mutable_review()->set_state(static_cast<types::v1::ReviewState>(event.state));
      wire.mutable_review()->set_office(1);
      if (event.state == Review::kReturned) wire.mutable_review()->set_remark("退回");
      break;
  }
  return wire;
}

journal::JournalId IdOf(const World& world, size_t journal) {
  journal::JournalId id;
  id.fill(journal == 0 ? 0x01 : world.ids[journal - 1]);
  return id;
}

std::vector<EncodedBlock> Encode(const World& world) {
  std::vector<EncodedBlock> encoded;
  std::map<size_t, journal::Hash> hashes;
  for (const Block& block : world.blocks) {
    std::vector<std::string> events;
    for (uint64_t sequence = block.first; sequence <= block.last(); ++sequence) {
      events.push_back(block.journal == 0 ? ToProto(world.plan[sequence - 1]).SerializeAsString()
                                         : ToProto(world.progress[block.journal - 1][sequence - 1]).SerializeAsString());
    }
    journal::BlockHeader header{.first_sequence = block.first, .count = static_cast<uint32_t>(block.count), .time_us = block.time_us};
    for (const std::string& event : events) header.event_bytes += static_cast<uint32_t>(event.size() + 4);
    if (block.journal != 0) {
      header.plan_journal_id = IdOf(world, 0);
      header.plan_sequence = block.plan_needed;
    }
    EncodedBlock made;
    journal::Hash& hash = hashes[block.journal];
    made.bytes = journal::EncodeBlock(header, hash, events, &hash);
    made.after = {.journal_id = IdOf(world, block.journal), .sequence = block.last(), .block_hash = hash};
    made.journal = block.journal;
    encoded.push_back(std::move(made));
  }
  return encoded;
}

std::string TokenOf(const World& world, const Known& known) {
  types::v1::Basis basis;
  if (known.plan > 0) {
    basis.mutable_plan()->set_journal_id(journal::ToHex(IdOf(world, 0)));
    basis.mutable_plan()->set_sequence(known.plan);
  }
  std::map<std::string, uint64_t> by_id;
  for (size_t i = 0; i < known.progress.size(); ++i) by_id[journal::ToHex(IdOf(world, i + 1))] = known.progress[i];
  for (const auto& [id, sequence] : by_id) {
    if (sequence == 0) continue;
    types::v1::Position* position = basis.add_progress();
    position->set_journal_id(id);
    position->set_sequence(sequence);
  }
  return rpc::MakeStamp(basis, 0).token();
}

Known KnownOf(const World& world, const types::v1::Basis& basis) {
  Known known{.plan = basis.plan().sequence(), .progress = std::vector<uint64_t>(world.progress.size())};
  for (const types::v1::Position& position : basis.progress()) {
    for (size_t i = 0; i < world.progress.size(); ++i) {
      if (position.journal_id() == journal::ToHex(IdOf(world, i + 1))) known.progress[i] = position.sequence();
    }
  }
  return known;
}

}  // namespace anju::worlds
