// Flags of what handles journals as a whole: backup, restore.
#include "services/cli/backup.h"
#include "services/cli/flags.h"

namespace anju::cli {

void AddStoreCommands(CLI::App& app, Invocation& invocation) {
  auto backup = Make<BackupOptions>();
  CLI::App* backup_command = app.add_subcommand("backup", "备份 / keep the journals of plan, progress and ranking elsewhere; again: only what is new")->fallthrough();
  backup_command->add_option("--to", backup->to, "directory of the backup; a new one, or one that has a backup of these journals");
  backup_command->add_option("--data", backup->data, "directory of a stopped suite (what `anju up --data` had); default: the running services");
  auto directory = Make<std::string>();
  CLI::App* list = backup_command->add_subcommand("list", "what a backup holds, every record verified")->fallthrough();
  list->add_option("backup", *directory, "directory of the backup")->required();
  OnCall(list, invocation, directory, ListBackup);
  // A parent's callback comes after its subcommand's.
  backup_command->callback([&invocation, backup, list] {
    if (!list->parsed()) invocation.run = [backup](const Context& context) { return Backup(context, *backup); };
  });

  auto restore = Make<RestoreOptions>();
  CLI::App* restore_command = app.add_subcommand("restore", "恢复 / put journals of a backup back, as new journals that continue them")->fallthrough();
  restore_command->add_option("backup", restore->backup, "directory of the backup")->required();
  restore_command->add_option("--data", restore->data, "directory to restore into; what is restored must not be there yet")->required();
  restore_command->add_option("--service", restore->services, "only this one: plan, progress or ranking; may be repeated");
  OnCall(restore_command, invocation, restore, Restore);
}

}  // namespace anju::cli
