import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseExport } from '../src/parse.ts';

function sample(name: string) {
  const chat = parseExport(readFileSync(new URL(`../sample/${name}`, import.meta.url), 'utf8'));
  const messages = chat.entries.filter((entry) => entry.kind === 'message');
  return { ...chat, messages };
}

describe('sample/trip.txt', () => {
  const { participants, entries, messages, warnings } = sample('trip.txt');
  const text = messages.map((message) => message.text).join('\n');

  it('is a conversation of three people', () => {
    expect(participants).toEqual(['Layla', 'Arjun', 'Mei']);
    expect(messages.length).toBeGreaterThanOrEqual(240);
    expect(warnings).toEqual([]);
    const times = entries.map((entry) => entry.at);
    expect(times).toEqual(times.toSorted());
  });

  it.each([
    ['Arabic', /\p{sc=Arab}/u],
    ['Hindi', /\p{sc=Deva}/u],
    ['Chinese', /\p{sc=Han}/u],
    ['Japanese', /\p{sc=Hira}/u],
    ['Thai', /\p{sc=Thai}/u],
    ['a family', /👨‍👩‍👧‍👦/u],
    ['flags', /\p{RI}{2}/u],
    ['links', /https:\/\/example\./],
  ])('contains %s', (_, pattern) => {
    expect(text).toMatch(pattern);
  });

  it('contains every kind of entry', () => {
    expect(entries.filter((entry) => entry.kind === 'system').length).toBeGreaterThanOrEqual(8);
    expect(messages.some((message) => message.media === 'omitted')).toBe(true);
    expect(messages.some((message) => typeof message.media === 'object')).toBe(true);
    expect(messages.some((message) => message.deleted)).toBe(true);
    expect(messages.filter((message) => message.text.includes('\n')).length).toBeGreaterThan(10);
    expect(text).not.toContain('<This message was edited>');
  });
});

describe('sample/family-ios.txt', () => {
  it('is a conversation of two people', () => {
    const { participants, entries, messages, warnings } = sample('family-ios.txt');
    expect(participants).toEqual(['Rafa', 'Vó Teresa']);
    expect(messages.length).toBeGreaterThanOrEqual(60);
    expect(warnings).toEqual([]);
    expect(entries.filter((entry) => entry.kind === 'system').map((entry) => entry.text)).toEqual([
      'Messages and calls are end-to-end encrypted. Tap to learn more.',
      'Missed voice call',
    ]);
  });
});
