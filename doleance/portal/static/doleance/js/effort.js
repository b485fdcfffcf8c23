// The work that the form asks for while too many are sent: a number so that SHA-256("challenge:number") begins with so
// many zero bits. This file is the page's part and, in a Worker, the part that counts: the page stays free meanwhile.
// Without script, or when it fails, the form is sent as it is, and the server makes it wait a little instead.

// SHA-256 (FIPS 180-4) of one block: a challenge and its number never need a second. WebCrypto has no synchronous
// digest, and is absent from a plain http address of a local network.
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every(p => n % p)) primes.push(n);
const fraction = root => (root - Math.floor(root)) * 2 ** 32 | 0;
const K = Int32Array.from(primes, p => fraction(Math.cbrt(p)));
const H = Int32Array.from(primes.slice(0, 8), p => fraction(Math.sqrt(p)));
const W = new Int32Array(64);

function firstWord(bytes, length) { // of the digest of the first `length` bytes, at most 55
  bytes.fill(0, length);
  bytes[length] = 0x80;
  bytes[62] = length >> 5; bytes[63] = length << 3;
  for (let i = 0; i < 16; i++) W[i] = bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    W[i] = W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
  }
  let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (let i = 0; i < 64; i++) {
    const s = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
    const t = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + s | 0; d = c; c = b; b = a; a = s + t | 0;
  }
  return a + H[0] | 0;
}

function search(challenge, bits, from, tries) { // the first number that does the work, or -1
  const bytes = new Uint8Array(64), head = `${challenge}:`;
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  for (let number = from; number < from + tries; number++) {
    const text = String(number);
    for (let i = 0; i < text.length; i++) bytes[head.length + i] = text.charCodeAt(i);
    if (firstWord(bytes, head.length + text.length) >>> 32 - bits === 0) return number;
  }
  return -1;
}

if (typeof document === 'undefined') {
  onmessage = ({ data }) => {
    const step = 4096;
    for (let from = 0; ; from += step) {
      const number = search(data.challenge, data.bits, from, step);
      postMessage({ number, tried: from + step });
      if (number >= 0) return;
    }
  };
} else {
  const place = document.querySelector('[data-effort]');
  if (place && window.Worker) begin(place, document.currentScript.src);
}

function begin(place, source) {
  const { challenge, bits, hour } = place.dataset;
  const form = place.closest('form'), field = place.querySelector('[name=effort]'), bar = place.querySelector('progress');
  const hurried = place.dataset.effort === 'now'; // it was sent already, and waits: the work ends the wait
  let pressed = hurried, button = null, done = false;
  const show = () => place.querySelectorAll('[data-effort-says]').forEach(line => { line.hidden = line.dataset.effortSays !== (done ? 'done' : 'working') || !pressed; });
  const leave = () => { done = true; show(); if (pressed) { button?.removeAttribute('aria-busy'); form.requestSubmit ? form.requestSubmit(button) : form.submit(); } };
  const worker = new Worker(source);
  worker.onmessage = ({ data }) => {
    if (bar) bar.value = 1 - Math.exp(-data.tried / 2 ** bits);
    if (data.number < 0) return;
    field.value = `${hour}.${bits}.${data.number}`;
    worker.terminate();
    leave();
  };
  worker.onerror = () => { worker.terminate(); if (!hurried) leave(); done = true; show(); }; // it goes as it is, and waits there
  worker.postMessage({ challenge, bits: Number(bits) });
  form.addEventListener('submit', event => {
    if (done) return;
    event.preventDefault();
    delete form.dataset.sending; // what the product's forms set at a press: this one is not gone yet
    pressed = true;
    button = event.submitter;
    button?.setAttribute('aria-busy', 'true');
    show();
  });
  show();
}
