/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * dsdt_pvh.asl - what a PVH guest finds by ACPI: its processors. */
DefinitionBlock ("dsdt_pvh.aml", "DSDT", 2, "Xen", "XenguPVH", 1)
{
    /* The number of processors that are there at boot: acpi_pvh.c replaces
     * this constant, which it looks for by its name. */
    Name (VCPU, 0x7FFFFFFF)

    /* _STA of processor Arg0: present, enabled, shown and working, or absent */
    Method (VSTA, 1, NotSerialized)
    {
        If (Arg0 < VCPU)
        {
            Return (0x0F)
        }
        Return (0x00)
    }

    Scope (\_SB)
    {
        Include ("processors.asl")
    }
}
