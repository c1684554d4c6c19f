import { CircleAlert } from 'lucide-react';
import { Component, type ReactNode, Suspense } from 'react';
import { texts } from '../texts/texts.ts';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';
import { Loading } from './spinner.tsx';

interface Props {
  readonly children: ReactNode;
  /** While it is being loaded; by default a spinner. */
  readonly fallback?: ReactNode;
}

/** A part of the page that is loaded when it is needed, and whose failure leaves the rest alone. */
export class Part extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    const { children, fallback = <Loading /> } = this.props;
    if (!this.state.failed) return <Suspense fallback={fallback}>{children}</Suspense>;
    return (
      <div role="alert">
        <EmptyState
          icon={<CircleAlert size={32} />}
          title={texts.app.failed}
          hint={texts.app.failedHint}
          // A script that could not be loaded is not asked for again by the page that failed.
          action={<Button onClick={() => location.reload()}>{texts.actions.retry}</Button>}
        />
      </div>
    );
  }
}
