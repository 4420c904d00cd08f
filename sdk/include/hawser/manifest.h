/* hawser/manifest.h: how a plugin's manifest lies in its library, for build systems and for readers.
 *
 * The manifest is the text of the plugin's `plugin.toml`, in an ELF note (section .note.hawser, so that it is part of a
 * PT_NOTE segment), readable without loading the library:
 *
 *     uint32_t namesz = 7, descsz = length of the text, type = HAWSER_NOTE_MANIFEST
 *     char     name[8] = "Hawser\0\0"
 *     char     desc[descsz], padded with zeros to a multiple of 4
 *
 * There is exactly one in a plugin. CMake's hawser_add_plugin() makes it; other build systems use HAWSER_MANIFEST in
 * one C or C++ file. On Windows the same bytes lie in the section ".hawser".
 */
#ifndef HAWSER_MANIFEST_H
#define HAWSER_MANIFEST_H

#define HAWSER_NOTE_NAME "Hawser"
#define HAWSER_NOTE_SECTION ".note.hawser"
#define HAWSER_NOTE_MANIFEST 1
#define HAWSER_MANIFEST_MAX 1048576 /* bytes of text that a reader accepts */

#endif
