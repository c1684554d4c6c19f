/** The whole page: who is signed in sees their chats, others sign in; `/demo` is apart from both. */
import { ParleyProvider } from '@parley/sdk/react';
import { lazy } from 'react';
import { Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Messenger } from './messenger/messenger.tsx';
import { createMainClient } from './session/client.ts';
import { Named } from './session/named.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { Frame } from './ui/frame.tsx';
import { Part } from './ui/part.tsx';

const SignIn = lazy(async () => ({ default: (await import('./sign-in/sign-in.tsx')).SignIn }));
const Demo = lazy(async () => ({ default: (await import('./demo/demo.tsx')).Demo }));

const client = createMainClient();

export function App() {
  return (
    <ParleyProvider client={client}>
      <Frame>
        <Router hook={useHashLocation}>
          <Switch>
            <Route path="/demo">
              <Part>
                <Demo />
              </Part>
            </Route>
            <Route>
              <SessionGate
                signIn={(done) => (
                  <Part>
                    <SignIn onDone={done} />
                  </Part>
                )}
              >
                <Named>
                  <Messenger />
                </Named>
              </SessionGate>
            </Route>
          </Switch>
        </Router>
      </Frame>
    </ParleyProvider>
  );
}
