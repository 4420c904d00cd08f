/* hawser/manifest.h: how a plugin's manifest lies in its library, for build systems and for readers.
 *
 * The manifest is the text of the plugin's `plugin.toml`, in an ELF note (section .note.hawser, so that it is part of a
 * PT_NOTE segment), readable without loading the library:
 *
 *     uint32_t namesz = 7, descsz = length of desc, type = HAWSER_NOTE_MANIFEST
 *     char     name[8] = "Hawser\0\0"
 *     char     desc[descsz], padded with zeros to a multiple of 4
 *
 * desc is the text, then any number of zeros, which are no part of it.
 *
 * There is exactly one in a plugin. CMake's hawser_add_plugin() makes it; other build systems use HAWSER_MANIFEST in
 * one C or C++ file, outside of any namespace:
 *
 *     HAWSER_MANIFEST("name = \"hello\"\n" "version = \"1.0.0\"\n" …)
 *
 * On Windows the same bytes lie in the section ".hawser".
 */
#ifndef HAWSER_MANIFEST_H
#define HAWSER_MANIFEST_H

#include <stdint.h>

#define HAWSER_NOTE_NAME "Hawser"
#define HAWSER_NOTE_SECTION ".note.hawser"
#define HAWSER_NOTE_MANIFEST 1
#define HAWSER_MANIFEST_MAX 1048576 /* bytes of text that a reader accepts */

#if defined(_WIN32)
#define HAWSER_NOTE_PLACE __attribute__((section(".hawser"), used, aligned(4)))
#else
#define HAWSER_NOTE_PLACE __attribute__((section(HAWSER_NOTE_SECTION), used, aligned(4)))
#endif

#ifdef __cplusplus
#define HAWSER_NOTE_LINKAGE extern "C"
#else
#define HAWSER_NOTE_LINKAGE
#endif

/* The note itself, its text in `padded` bytes. Two of them in one plugin do not link: that is wanted. */
#define HAWSER_NOTE_VARIABLE(padded)                                                                                   \
    struct hawser_manifest_note {                                                                                      \
        uint32_t namesz, descsz, type;                                                                                 \
        char name[8];                                                                                                  \
        unsigned char desc[padded];                                                                                    \
    };                                                                                                                 \
    HAWSER_NOTE_LINKAGE const struct hawser_manifest_note hawser_manifest_note_v1;                                     \
    HAWSER_NOTE_PLACE const struct hawser_manifest_note hawser_manifest_note_v1

/* The manifest `text` (a string literal) as this plugin's note. The literal's own zero is part of desc, so that the
 * note fills its section: what a linker puts behind it has to be the next note. */
#define HAWSER_MANIFEST(text)                                                                                          \
    struct hawser_manifest_note {                                                                                      \
        uint32_t namesz, descsz, type;                                                                                 \
        char name[8];                                                                                                  \
        char desc[(sizeof(text) + 3) / 4 * 4];                                                                         \
    };                                                                                                                 \
    HAWSER_NOTE_LINKAGE const struct hawser_manifest_note hawser_manifest_note_v1;                                     \
    HAWSER_NOTE_PLACE const struct hawser_manifest_note hawser_manifest_note_v1 = {                                    \
        sizeof HAWSER_NOTE_NAME, (sizeof(text) + 3) / 4 * 4, HAWSER_NOTE_MANIFEST, HAWSER_NOTE_NAME, text};

#endif
