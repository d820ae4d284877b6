import '@shopify/ui-extensions/preact';
import {render} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {queue} from './counter.js';

const EVERY = 15_000;

export default async () => {
  render(<Tile />, document.body);
};

function Tile() {
  const [counts, setCounts] = useState(null);
  useEffect(() => {
    const look = () => queue().then(setCounts, () => setCounts(null));
    look();
    const timer = setInterval(look, EVERY);
    return () => clearInterval(timer);
  }, []);
  const text = counts
    ? shopify.i18n.translate('counts', {requested: counts.to_prepare.count, ready: counts.ready.count})
    : shopify.i18n.translate('unknown');
  return (
    <s-tile
      heading={shopify.i18n.translate('title')}
      subheading={text}
      item-count={counts?.to_prepare.count || undefined}
      onClick={() => shopify.action.presentModal()}
    />
  );
}
