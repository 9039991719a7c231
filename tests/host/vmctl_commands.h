/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vmctl_commands.h - the bits that say which option belongs to which command.
 */
#ifndef VMCTL_COMMANDS_H
#define VMCTL_COMMANDS_H

/* run is create, build, start and wait in one: it has a bit of its own, and
 * takes the options of all of them */
#define CMD_CREATE 0x01u
#define CMD_BUILD  0x02u
#define CMD_START  0x04u
#define CMD_WAIT   0x08u
#define CMD_RUN    0x10u
#define CMD_OTHER  0x20u
#define CMD_ALL    0x3fu

#endif
