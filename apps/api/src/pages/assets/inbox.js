// Shows what the server "sends". Everything is put in as text, never as markup.
const items = document.getElementById('items');
const empty = document.getElementById('empty');
const state = document.getElementById('state');

/** As many as the server keeps. */
const maxItems = 200;

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}

function codeLine(code) {
  const line = element('div', 'code-line');
  const button = element('button', 'copy', 'Copy');
  button.type = 'button';
  button.setAttribute('aria-label', `Copy the code ${code}`);
  button.addEventListener('click', () => copy(code, button));
  line.append(element('span', 'code', code), button);
  return line;
}

/** What reaches a phone, and by which way. */
const kinds = { sms: 'Text message', push: 'Push' };

function receiver(item) {
  const made = element('span', 'receiver');
  made.append(element('span', 'kind', kinds[item.kind] ?? item.kind), element('span', 'to', item.to));
  return made;
}

function render(item) {
  const row = element('li', `item ${item.kind}`);
  const head = element('div', 'head');
  const time = element('time', 'time', new Date(item.at).toLocaleTimeString());
  time.dateTime = item.at;
  head.append(receiver(item), time);
  row.append(head);
  if (item.code !== null) row.append(codeLine(item.code));
  row.append(element('p', 'text', item.text));
  return row;
}

function settle() {
  while (items.children.length > maxItems) items.lastElementChild.remove();
  empty.hidden = items.children.length > 0;
}

function show(live) {
  state.dataset.live = String(live);
  state.textContent = live ? 'Live: new messages appear by themselves' : 'Not connected, trying again';
}

// Every connection begins with all there is, so a restarted server or a lost connection leaves no gap.
const events = new EventSource('/dev/inbox/events');
events.addEventListener('open', () => show(true));
events.addEventListener('error', () => show(false));
events.addEventListener('items', (event) => {
  items.replaceChildren(...JSON.parse(event.data).map(render));
  settle();
});
events.addEventListener('item', (event) => {
  items.prepend(render(JSON.parse(event.data)));
  settle();
});
