/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * json_compat.h - what the installed json-c has not: before 0.13, so on EL7. */
#ifndef XG_JSON_COMPAT_H
#define XG_JSON_COMPAT_H

#include <json.h>

/* Such a json-c writes each / as \/, which is the same text to who reads it. */
#ifndef JSON_C_TO_STRING_NOSLASHESCAPE
#define JSON_C_TO_STRING_NOSLASHESCAPE 0
#endif

/* json_object_object_add: 0, or -1, and the value is still the caller's. Such a
 * json-c does not say which: what it has of that name does. */
static inline int xg_json_object_add(struct json_object *object,
                                     const char *key, struct json_object *value)
{
#ifdef HAVE_JSON_OBJECT_ADD_RESULT
    return json_object_object_add(object, key, value) ? -1 : 0;
#else
    struct json_object *has;

    (void)json_object_object_add(object, key, value);
    return json_object_object_get_ex(object, key, &has) && has == value ? 0
                                                                        : -1;
#endif
}

#endif
