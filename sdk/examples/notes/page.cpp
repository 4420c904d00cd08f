#include "page.hpp"

std::string_view notes_page()
{
    return R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Notes</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #223 }
form { display: flex; gap: .5rem } input { flex: 1; font: inherit; padding: .4rem .6rem }
button { font: inherit; padding: .4rem .8rem } ul { list-style: none; padding: 0 }
li { display: flex; gap: .5rem; padding: .5rem 0; border-bottom: 1px solid #ccd } li span { flex: 1; overflow-wrap: anywhere }
time { color: #778; font-size: .8em } #error { color: #a22; min-height: 1.5em }
</style>
<h1>Notes</h1>
<form id="new"><input id="text" placeholder="What is to be remembered?" required maxlength="2000" autofocus>
<button>Keep</button></form>
<p id="error" role="alert"></p>
<ul id="list"></ul>
<button id="more" hidden>More</button>
<script>
const list = document.getElementById('list'), error = document.getElementById('error');
const more = document.getElementById('more'), text = document.getElementById('text');
async function call(method, path, body, tag) {
  const headers = body ? { 'Content-Type': 'application/json' } : {};
  if (tag) headers['If-Match'] = tag;
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.detail || answer.title);
  return answer;
}
async function guarded(work) {
  try { error.textContent = ''; await work(); } catch (problem) { error.textContent = problem.message; }
}
function show(note, first) {
  const item = document.createElement('li'), words = document.createElement('span');
  const time = document.createElement('time'), remove = document.createElement('button');
  words.textContent = note.text;
  time.textContent = note.changed.replace('T', ' ').replace('Z', '');
  remove.textContent = 'Delete';
  remove.onclick = () => guarded(async () => {
    await call('DELETE', 'notes/' + note.id, null, '"' + note.version + '"');
    item.remove();
  });
  item.append(words, time, remove);
  first ? list.prepend(item) : list.append(item);
}
async function load(path) {
  const page = await call('GET', path);
  page.notes.forEach(note => show(note, false));
  more.hidden = !page.next;
  more.onclick = () => guarded(() => load(page.next));
}
document.getElementById('new').onsubmit = event => {
  event.preventDefault();
  guarded(async () => { show(await call('POST', 'notes', { text: text.value }), true); text.value = ''; });
};
guarded(() => load('notes'));
</script>
</html>
)html";
}
