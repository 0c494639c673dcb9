// Fills records field by field.
#include "services/ranking/bulletin_convert.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/journal/hash.h"
#include "common/rpc/rpc.h"
#include "services/ranking/core/bulletin/compose.h"

namespace anju::ranking {
namespace {

// What drafts and issued bulletins have in common.
template <typename Event>
v1::BulletinRecord RecordOf(const Event& event, const Recorded& recorded) {
  v1::BulletinRecord record;
  record.set_draft(event.draft());
  record.set_template_code(event.template_code());
  record.set_template_version(event.template_version());
  *record.mutable_parameters() = event.parameters();
  *record.mutable_basis() = rpc::MakeStamp(event.basis(), 0);
  record.set_sha256(absl::BytesToHexString(event.sha256()));
  record.set_title(event.title());
  record.set_region(event.region());
  record.set_corrects(event.corrects());
  record.set_actor(recorded.actor);
  record.set_recorded_time_us(recorded.time_us);
  return record;
}

}  // namespace

v1::TemplateRecord ToProto(const StoredTemplate& stored, bool with_source) {
  const v1::TemplateDefined& defined = stored.defined;
  v1::TemplateRecord record;
  record.set_code(defined.code());
  record.set_version(defined.version());
  if (with_source) record.set_source(defined.source());
  record.set_sha256(absl::BytesToHexString(Sha256(defined.source())));
  record.set_region(defined.region());
  record.set_title(defined.title());
  *record.mutable_tables() = defined.tables();
  record.set_actor(stored.recorded.actor);
  record.set_recorded_time_us(stored.recorded.time_us);
  return record;
}

v1::BulletinRecord ToProto(const StoredDraft& draft) {
  v1::BulletinRecord record = RecordOf(draft.drafted, draft.recorded);
  record.set_issued_as(draft.issued_as);
  return record;
}

v1::BulletinRecord ToProto(const StoredBulletin& bulletin) {
  v1::BulletinRecord record = RecordOf(bulletin.issued, bulletin.recorded);
  record.set_number(bulletin.issued.number());
  record.set_date(bulletin.issued.date());
  for (const std::string& number : bulletin.corrected_by) record.add_corrected_by(number);
  return record;
}

google::protobuf::RepeatedPtrField<v1::FigureChange> ChangesOf(const bulletin::Content& before, const bulletin::Content& after) {
  std::unordered_map<std::string, const bulletin::Figure*> figures;
  const std::vector<bulletin::PlacedFigure> now = FiguresOf(after), then = FiguresOf(before);
  for (const auto* placed : {&now, &then}) {
    for (const bulletin::PlacedFigure& figure : *placed) figures.try_emplace(figure.figure->id, figure.figure);
  }
  google::protobuf::RepeatedPtrField<v1::FigureChange> changes;
  for (const bulletin::Change& change : PrintedChanges(before, after)) {
    v1::FigureChange* wire = changes.Add();
    wire->set_id(change.id);
    wire->set_place(change.place);
    wire->set_before(change.before);
    wire->set_after(change.after);
    const auto known = figures.find(change.id);
    if (known == figures.end()) continue;
    wire->set_region(known->second->region);
    wire->set_programme(known->second->programme);
    wire->set_indicator(known->second->indicator);
    wire->set_plan_year(known->second->plan_year);
  }
  return changes;
}

std::string Summary(const std::vector<bulletin::Change>& changes) {
  if (changes.empty()) return "text";
  const bulletin::Change& first = changes.front();
  return absl::StrCat(changes.size(), changes.size() == 1 ? " cell" : " cells", ", first: ", first.place, " ", first.before, " → ", first.after);
}

std::string Sha256(std::string_view bytes) {
  const journal::Hash hash = journal::Sha256({bytes});
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace anju::ranking
