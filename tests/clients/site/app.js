// What a page does to a server: a hundred images at once, a video that is sought in, a form with a file. The outcome is
// told by a last request.
async function images() {
  await Promise.all(Array.from({ length: 100 }, (_, i) => new Promise((done, fail) => {
    const image = new Image();
    image.onload = done;
    image.onerror = () => fail(new Error(`image ${i}`));
    image.src = `images/${i}.svg`;
    document.body.append(image);
  })));
  return '100 images';
}

function video() {
  return new Promise((done, fail) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = 'video.mp4';
    video.onerror = () => fail(new Error(`video: ${video.error.message}`));
    video.onloadedmetadata = () => { video.currentTime = 25; };
    video.onseeked = () => done(`video at ${Math.round(video.currentTime)} of ${Math.round(video.duration)}`);
    document.body.append(video);
  });
}

function form() {
  return new Promise((done, fail) => {
    const frame = document.createElement('iframe');
    frame.name = 'answer';
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: '/inspect', enctype: 'multipart/form-data', target: 'answer' });
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', name: 'file' });
    const files = new DataTransfer();
    files.items.add(new File(['x'.repeat(300000)], 'sent.txt'));
    input.files = files.files;
    form.append(input);
    document.body.append(frame, form);
    frame.onload = () => {
      const seen = frame.contentDocument.body.innerText;
      if (seen.includes('sent.txt')) done('a form with a file');
      else fail(new Error(`form: ${seen.slice(0, 200)}`));
    };
    form.submit();
  });
}

Promise.all([images(), video(), form()])
  .then(all => all.join(', '), error => `error ${error.message}`)
  .then(outcome => fetch(`/done?${encodeURIComponent(outcome)}`));
