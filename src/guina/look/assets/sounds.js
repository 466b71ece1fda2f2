// A line moves over the drawings of a recording as it plays, and it plays on from where one clicks.

function followSound(sound) {
  const [audio, tracks, cursor] = ["audio", ".tracks", ".cursor"].map((name) => sound.querySelector(name));
  if (!tracks) return;
  const seconds = Number(sound.dataset.seconds);
  const segments = [...sound.querySelectorAll(".segment")].map((segment) => {
    const [x, width] = ["x", "width"].map((name) => parseFloat(segment.querySelector("rect").getAttribute(name)) / 100);
    return [segment, x * seconds, (x + width) * seconds];
  });

  function draw() {
    const now = audio.currentTime;
    const share = Math.min(1, now / seconds);
    for (const end of ["x1", "x2"]) cursor.setAttribute(end, `${100 * share}%`);
    cursor.classList.toggle("on", now > 0);
    for (const [segment, start, end] of segments) segment.classList.toggle("on", now > 0 && start <= now && now < end);
    if (audio.paused) return;
    const box = tracks.parentElement;
    const x = share * tracks.offsetWidth - box.scrollLeft;
    if (x < 0 || x > box.clientWidth) box.scrollLeft += x - 0.1 * box.clientWidth;
    requestAnimationFrame(draw);
  }

  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    draw();
  });
  for (const kind of ["seeking", "seeked", "ended"]) audio.addEventListener(kind, draw);
  tracks.addEventListener("click", (event) => {
    const box = tracks.getBoundingClientRect();
    audio.currentTime = (event.clientX - box.left) / box.width * seconds;
  });
}

document.querySelectorAll(".sound").forEach(followSound);
