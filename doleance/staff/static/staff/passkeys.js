// Passkeys: the browser's ceremony (WebAuthn level 2) for a form that carries its answer. Options come as JSON, their
// bytes in base64url; the answer goes the same way. Without a browser that can, the button never shows.
const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), sign => sign.charCodeAt(0));
const told = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const known = list => list?.map(one => ({ ...one, id: bytes(one.id) }));

async function create(options) {
  const { user, challenge, excludeCredentials } = options;
  const made = await navigator.credentials.create({ publicKey: {
    ...options, challenge: bytes(challenge), user: { ...user, id: bytes(user.id) },
    ...(excludeCredentials && { excludeCredentials: known(excludeCredentials) }),
  } });
  return { ...common(made), response: {
    clientDataJSON: told(made.response.clientDataJSON),
    attestationObject: told(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  } };
}

async function get(options) {
  const { challenge, allowCredentials } = options;
  const made = await navigator.credentials.get({ publicKey: {
    ...options, challenge: bytes(challenge), ...(allowCredentials && { allowCredentials: known(allowCredentials) }),
  } });
  return { ...common(made), response: {
    clientDataJSON: told(made.response.clientDataJSON),
    authenticatorData: told(made.response.authenticatorData),
    signature: told(made.response.signature),
    userHandle: made.response.userHandle ? told(made.response.userHandle) : null,
  } };
}

const common = made => ({
  id: made.id, rawId: told(made.rawId), type: made.type,
  clientExtensionResults: made.getClientExtensionResults(),
  authenticatorAttachment: made.authenticatorAttachment ?? null,
});

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent).publicKey;
  const answer = await fetch(form.action, { headers: { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' } });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options.publicKey;
}

async function perform(form, button) {
  const failed = form.querySelector('[data-failed]');
  failed.hidden = true;
  button.setAttribute('aria-busy', 'true');
  try {
    const ceremony = form.dataset.passkey === 'create' ? create : get;
    form.elements.credential.value = JSON.stringify(await ceremony(await optionsOf(form)));
    form.submit();
  } catch {
    button.removeAttribute('aria-busy');
    failed.hidden = false;
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    const button = form.querySelector('[data-ceremony]');
    form.querySelector('[data-absent]')?.remove();
    button.hidden = false;
    button.addEventListener('click', () => perform(form, button));
    // Enter in the name of the key begins the ceremony: without its answer there is nothing to send.
    form.addEventListener('submit', event => { event.preventDefault(); event.stopImmediatePropagation(); perform(form, button); }, true);
  }
}
